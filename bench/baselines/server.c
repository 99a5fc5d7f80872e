/* The least that answers HTTP: a static program that says "hello" to every connection. Argument: the port. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
    "Connection: close\r\n\r\nhello";

int main(int argc, char **argv) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in address = {0};
  address.sin_family = AF_INET;
  address.sin_port = htons(argc > 1 ? atoi(argv[1]) : 8080);
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
      listen(listener, 64) != 0)
    return 1;
  for (;;) {
    int connection = accept(listener, 0, 0);
    if (connection < 0) continue;
    char request[4096];
    ssize_t size = read(connection, request, sizeof request);
    if (size > 0) size = write(connection, answer, strlen(answer));
    close(connection);
  }
}
