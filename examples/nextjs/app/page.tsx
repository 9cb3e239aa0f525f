import { currentUser } from '../auth/current-user';
import { submitLogout } from './actions';
import { LoginForm } from './login-form';

export default async function Page() {
  const user = await currentUser();
  if (user === null) return <LoginForm />;
  return (
    <form action={submitLogout}>
      <p>{`You are ${user.email}.`}</p>
      <button>Log out</button>
    </form>
  );
}
