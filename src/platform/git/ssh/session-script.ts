/**
 * What sshd runs for a connection, as an account without rights. It decides nothing: it tells the platform whose key
 * it was and what is wanted, and connects the two streams when the platform has named a socket for them.
 */

export const sessionScript = `# Written by Nagi at each start; changes are lost.
directory=\${0%/*}
answer=$(printf '%s\\n' "$1" "\${GIT_PROTOCOL:-}" "\${SSH_ORIGINAL_COMMAND:-}" end |
  socat -t 30 - "UNIX-CONNECT:$directory/ask.sock" 2>/dev/null)
case $answer in
  "socket "*) exec socat -t 86400 - "UNIX-CONNECT:$directory/\${answer#socket }" ;;
  "") echo "Nagi does not run. Start it: nagi up --detach" >&2 ;;
  *) printf '%s\\n' "$answer" >&2 ;;
esac
exit 1
`;
