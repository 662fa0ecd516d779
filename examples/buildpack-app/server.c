/* Answers each request with one line. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void) {
  const char *port = getenv("PORT");
  const char *built = getenv("BUILT_WITH");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port ? atoi(port) : 8080)};
  int yes = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64)) {
    perror("cannot listen");
    return 1;
  }
  for (;;) {
    char request[4096], body[256], answer[512];
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    if (read(client, request, sizeof request) > 0) {
      int length = snprintf(body, sizeof body, "Hello from C, built with %s\n", built ? built : "nothing");
      int size = snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
                          length, body);
      if (write(client, answer, size) < 0) perror("cannot answer");
    }
    shutdown(client, SHUT_WR);
    close(client);
  }
}
