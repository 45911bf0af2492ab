// A relay that wants STARTTLS, and then a name and a password: node server.mjs CERT KEY METHODS NAME PASSWORD.
// It prints its port, and then a line of JSON for each message that it takes. It ends when its standard input does.
import { readFileSync } from 'node:fs';
import { SMTPServer } from 'smtp-server';

const [cert, key, methods, name, password] = process.argv.slice(2);
const server = new SMTPServer({
  cert: readFileSync(cert),
  key: readFileSync(key),
  authMethods: methods.split(','),
  logger: false,
  onAuth: (auth, session, done) =>
    auth.username === name && (auth.validatePassword ? auth.validatePassword(password) : auth.password === password)
      ? done(null, { user: auth.username })
      : done(new Error('Invalid username or password')),
  onData: (stream, session, done) => {
    let text = '';
    stream.on('data', (chunk) => (text += chunk));
    stream.on('end', () => {
      console.log(JSON.stringify({ user: session.user, secure: session.secure, text }));
      done(null, 'taken');
    });
  },
});
server.on('error', () => {});
server.listen(0, '127.0.0.1', () => console.log(server.server.address().port));
process.stdin.resume().on('end', () => process.exit(0));
