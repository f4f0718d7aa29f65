// The keeper: the process with the daemon's pid when there are two. Parent of all programs, whose ends it puts into the
// register, and of the worker, which it starts again; holder of what the worker must not lose. Knows no configuration.
// One thread, libc only, no allocation after its start; decisions are keeper_step's. Must not read what it holds.
// Linux only: linux/keeper*.cpp. Source: docs/contract/survival.md, 2.3, 3.5, 5.1. Cases: tests/keeper_test.py.
#pragma once

#include <cstdint>

namespace troupe::platform {

/// By convention: the register's descriptor in keeper and resumed worker, the only one that nobody has to name. The
/// register names all others.
constexpr int register_descriptor = 3;

/// Runs until there is nothing left to keep; the exit status. With the register as descriptor 3, a worker that lives
/// already, every signal that it handles blocked. 71: the register is none.
int run_keeper(char* const* envp);

constexpr int no_register = 71; ///< exit status, EX_OSERR

/// A keeper that runs is replaced by one of a higher kind, not by any other. 1: takes what is held from the register,
/// and executes another program (REEXEC).
#ifndef TROUPE_KEEPER_KIND // but for tests
#define TROUPE_KEEPER_KIND 1
#endif
constexpr std::uint32_t keeper_kind = TROUPE_KEEPER_KIND;

/// `--check FD`: says `troupe keeper LAYOUT KIND` on stdout. 0, or 71: what FD is, is no register that it could keep.
int check_register(int fd);

} // namespace troupe::platform
