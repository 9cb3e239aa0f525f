const MESSAGE = 'The time comes from a Clock (src/clock.ts), so that a test can move it.';

const isBareDate = ({ callee, arguments: given }) =>
  callee.type === 'Identifier' && callee.name === 'Date' && given.length === 0;

/** `new Date()` and `Date()` read the machine's clock. oxlint has no rule of its own that tells them from `new Date(x)`. */
const noMachineTime = {
  create: (context) => ({
    NewExpression: (node) => isBareDate(node) && context.report({ node, message: MESSAGE }),
    CallExpression: (node) => isBareDate(node) && context.report({ node, message: MESSAGE }),
  }),
};

export default { meta: { name: 'house' }, rules: { 'no-machine-time': noMachineTime } };
