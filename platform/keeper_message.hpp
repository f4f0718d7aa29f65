// What worker and keeper say to each other: 256 bytes each, frozen, since one may be older than the other. Pure; must
// not allocate or throw (the keeper reads with this, too), nor send anything (keeper_link.hpp). Source:
// docs/contract/survival.md, 3.4. Cases: tests/platform/keeper_message_test.cpp, tests/fuzz/keeper_fuzz.cpp.
#pragma once

#include "platform/register_layout.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace troupe::platform {

enum class keeper_word : std::uint16_t {
  none = 0, ///< and every number that is not listed: to be ignored
  // from the worker
  arm = 1,     ///< slot, life; a: which of stdin, stdout, stderr come along, as bits
  drop = 2,    ///< slot, life
  hold = 3,    ///< slot: the key; one descriptor
  release = 4, ///< slot: the key
  sync = 5,    ///< a: number
  ready = 6,   ///< a: level
  notify = 7,  ///< text, for NOTIFY_SOCKET
  bye = 8,     ///< a: exit code; the register says it, too, and first
  // 9 upgrade, 10 guard: not yet known
  reexec = 11,  ///< one descriptor: the program that the keeper is to be from now on
  orphans = 12, ///< a: 1: orphaned descendants of programs are to come to the keeper; 0: to whom they would without it
  // from the keeper
  synced = 64,    ///< a: number
  signalled = 65, ///< a: signal, b: its number in order; slot: sender's pid; life: sender's uid
  unheld = 66,    ///< slot, life: there was no room for its pipes
  orphan = 67,    ///< slot: pid; a: wait status
};

constexpr std::uint32_t keeper_magic = 0x314b5254; // "TRK1"
constexpr std::size_t most_sent_along = 3;         ///< descriptors of one message

struct keeper_message {
  std::uint32_t magic = keeper_magic;
  std::uint16_t kind = 0;
  std::uint16_t fds = 0; ///< descriptors that come along
  std::uint32_t slot = 0;
  std::uint32_t life = 0;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  char text[224] = {}; ///< zero-terminated unless it is full
};
static_assert(sizeof(keeper_message) == 256 && offsetof(keeper_message, kind) == 4 &&
              offsetof(keeper_message, fds) == 6 && offsetof(keeper_message, slot) == 8 &&
              offsetof(keeper_message, life) == 12 && offsetof(keeper_message, a) == 16 &&
              offsetof(keeper_message, b) == 24 && offsetof(keeper_message, text) == 32);

/// False: text that does not fit; nothing is changed.
bool set_text(keeper_message& message, std::string_view text);
std::string_view text_of(const keeper_message& message);

/// `fds` (-1: none) as the bits of ARM.
constexpr std::uint64_t stdio_bits(const int (&fds)[3]) {
  return (fds[0] >= 0 ? 1U : 0U) | (fds[1] >= 0 ? 2U : 0U) | (fds[2] >= 0 ? 4U : 0U);
}

/// What the keeper is to do about what it has read: `size` bytes, with so many descriptors. Whatever is said wrongly,
/// or not known, is `none`: its descriptors are closed. `cut`: descriptors were lost on the way (MSG_CTRUNC), which
/// makes an ARM `unheld`, and a HOLD `none`.
keeper_word order_of(const keeper_message& message, std::size_t size, std::size_t descriptors, bool cut);

} // namespace troupe::platform
