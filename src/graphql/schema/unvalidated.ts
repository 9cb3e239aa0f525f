/** The use cases check our inputs. A host may have class-validator switched on, which would refuse or repeat them. */
export const UNVALIDATED = Object.freeze({ validateFn: () => undefined });
