/** What people put where a random secret should be: guessed first by whoever has a token and a dictionary. */
export const COMMON_SECRETS: readonly string[] = `
secret secretkey secret-key secret_key secretKey SECRET SECRET_KEY Secret secret123 secret1234 s3cr3t supersecret
super-secret super_secret SuperSecret supersecretkey super-secret-key topsecret top-secret mysecret my-secret my_secret
mysecretkey my-secret-key my_secret_key MySecretKey yoursecret your-secret your_secret your-secret-key your_secret_key
your-256-bit-secret your-384-bit-secret your-512-bit-secret a-string-secret-at-least-256-bits-long jwt jwtsecret
jwt-secret jwt_secret JWT_SECRET jwtSecret jwtkey jwt-key jwt_key myjwtsecret my-jwt-secret jwt-secret-key
JWT_SECRET_KEY token tokensecret token-secret access_token_secret refresh_token_secret ACCESS_TOKEN_SECRET
REFRESH_TOKEN_SECRET key privatekey private-key private_key mykey my-key signingkey signing-key hmackey hmac-secret
HS256 password Password password1 password123 passw0rd P@ssw0rd pass changeme change-me change_me changeit
CHANGE_ME please-change-me default admin admin123 root test test123 testing example demo dev development debug
123456 12345678 1234567890 qwerty abc123 letmein shhhhh shhhhhared-secret keyboardcat GQDstcKsx0NHjPOuXOYg5MbeJ1XT0uFiwDVvVBrk
0123456789abcdef 00000000000000000000000000000000 AllYourBase foobar hello none null undefined
`
  .trim()
  .split(/\s+/);
