// troupe-keeper: the process with the daemon's pid when supervisord survives its own death. Executed by it in its own
// place, with its own words; of no use by hand. Must not hold anything but these calls (platform/keeper.hpp).
#include "platform/keeper.hpp"

#include <cstdlib>
#include <cstring>

#include <unistd.h>

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--check") == 0) // no words of a daemon: it knows no such option
    return troupe::platform::check_register(std::atoi(argv[2]));
  return troupe::platform::run_keeper(environ);
}
