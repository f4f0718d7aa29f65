/* A child that says it lives: writes its pid to the FIFO named by its argument, then waits for a signal. */
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int pid = (int)getpid();
  int fd = argc > 1 ? open(argv[1], O_WRONLY) : -1;
  if (fd >= 0) {
    if (write(fd, &pid, sizeof pid) < 0)
      return 1;
    close(fd);
  }
  for (;;)
    pause();
}
