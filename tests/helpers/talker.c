/* A child for tests of logs: says numbered lines of 20 bytes ("SS NNNNNNNNNNNNNNNN\n"; SS: its seed), so that every byte
   of its output is known by its place.
   talker say SEED SIZE TOTAL [PAUSE [PROGRESS]]: TOTAL bytes (0: without end) in writes of SIZE, PAUSE microseconds
       apart; PROGRESS: a file that holds the number of bytes said so far (int64). Then it ends.
   talker die SEED SIZE TOTAL: the same, but ends by SIGKILL.
   talker check SEED FILE...: says on stdout how many bytes the files hold together, if they are just what SEED says from
       its beginning; else exits 1 and says where they differ. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { line_size = 20, lines = 4096 };

/* Lines from number `first` on. */
static void fill(char *text, int seed, long long first) {
  char line[64];
  for (int i = 0; i < lines; i++) {
    snprintf(line, sizeof line, "%02d %016lld\n", seed % 100, first + i);
    memcpy(text + i * line_size, line, line_size);
  }
}

static int say(int seed, size_t size, long long total, int pause_us, const char *progress) {
  static char text[lines * line_size], piece[1 << 20];
  long long said = 0, line = 0;
  size_t at = sizeof text;
  int file = progress ? open(progress, O_RDWR | O_CREAT | O_TRUNC, 0644) : -1;
  if (size > sizeof piece)
    return 2;
  while (total == 0 || said < total) {
    size_t want = total && total - said < (long long)size ? (size_t)(total - said) : size;
    for (size_t have = 0; have < want;) {
      if (at == sizeof text) {
        fill(text, seed, line);
        line += lines;
        at = 0;
      }
      size_t n = sizeof text - at < want - have ? sizeof text - at : want - have;
      memcpy(piece + have, text + at, n);
      at += n;
      have += n;
    }
    for (size_t done = 0; done < want;) {
      ssize_t n = write(1, piece + done, want - done);
      if (n < 0)
        return 1;
      done += (size_t)n;
    }
    said += (long long)want;
    if (file >= 0 && pwrite(file, &said, sizeof said, 0) != sizeof said)
      return 1;
    if (pause_us)
      usleep((useconds_t)pause_us);
  }
  return 0;
}

static int check(int seed, int count, char **files) {
  static char text[lines * line_size], piece[1 << 16];
  long long seen = 0;
  size_t at = sizeof text;
  for (int i = 0; i < count; i++) {
    int fd = open(files[i], O_RDONLY);
    if (fd < 0) {
      perror(files[i]);
      return 1;
    }
    for (ssize_t n; (n = read(fd, piece, sizeof piece)) > 0;)
      for (ssize_t k = 0; k < n; k++, seen++) {
        if (at == sizeof text) {
          fill(text, seed, seen / line_size);
          at = 0;
        }
        if (piece[k] != text[at++]) {
          printf("byte %lld is another (%s)\n", seen, files[i]);
          return 1;
        }
      }
    close(fd);
  }
  printf("%lld\n", seen);
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 4 && !strcmp(argv[1], "say"))
    return say(atoi(argv[2]), (size_t)atol(argv[3]), atoll(argv[4]), argc > 5 ? atoi(argv[5]) : 0,
               argc > 6 ? argv[6] : NULL);
  if (argc > 4 && !strcmp(argv[1], "die") && say(atoi(argv[2]), (size_t)atol(argv[3]), atoll(argv[4]), 0, NULL) == 0)
    kill(getpid(), SIGKILL);
  if (argc > 3 && !strcmp(argv[1], "check"))
    return check(atoi(argv[2]), argc - 3, argv + 3);
  fprintf(stderr, "usage: talker say SEED SIZE TOTAL [PAUSE [PROGRESS]] | talker die SEED SIZE TOTAL | talker check SEED FILE...\n");
  return 2;
}
