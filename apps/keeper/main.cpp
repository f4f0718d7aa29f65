// troupe-keeper: the process with the daemon's pid when supervisord survives its own death. Executed by it in its own
// place, with its own words; of no use by hand. Must not hold anything but this call (platform/keeper.hpp).
#include "platform/keeper.hpp"

#include <unistd.h>

int main() { return troupe::platform::run_keeper(environ); }
