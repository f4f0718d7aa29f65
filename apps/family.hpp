// Who descends from this program, for pidproxy: linux/family.cpp knows by procfs, posix/family.cpp cannot tell.
// Must not send signals.
#pragma once

#include <sys/types.h>

/// What a child puts into the background stays below us, where the system can do that.
void keep_descendants();

/// Below this process, over however many parents. True, too, where nobody can tell.
bool is_ours(pid_t pid);
