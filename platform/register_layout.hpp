// The register: shared memory of the keeper, which has the daemon's pid, and its worker. Which child belongs to which
// process, and how it ended, is here and outlives the worker. Layout 1 is frozen: other versions read it, on the
// same machine and in its byte order. Plain memory
// and what its fields say; must not open, map or wait (register.hpp, keeper.hpp), nor allocate: the keeper does not.
// Source: docs/contract/survival.md, 3.1. Cases: tests/platform/register_test.cpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace troupe::platform {

constexpr char register_magic[8] = {'T', 'R', 'O', 'U', 'P', 'E', 'R', 'G'};
constexpr std::uint32_t register_layout = 1;
constexpr std::uint32_t most_slots = 65536;
constexpr std::uint32_t most_held = 4096;     ///< sockets and files that are not pipes of a slot
constexpr std::uint32_t well_known_held = 16; ///< keys below this have a place in the header
constexpr std::uint32_t deaths_shown = 8;
constexpr std::size_t slot_name_size = 192;

/// Keys of what the keeper holds beside pipes. 16 and above are the worker's own choice.
enum class held_key : std::uint32_t {
  none,
  bell,   ///< eventfd: an end is in the register
  nudge,  ///< eventfd: messages wait for the keeper
  binary, ///< what the next worker is
  image,  ///< the active configuration
  ledger,
  stash,
  parcel,
  main_log,
  link,       ///< the worker's end of the socket to the keeper
  keeper_end, ///< the other one, until the keeper has begun
  events,     ///< pools of event listeners, and what they hold
  notes,      ///< what output channels have begun
  changes,    ///< of the image, since it was made
};

enum slot_flag : std::uint8_t {
  stop_to_group = 1,
  kill_to_group = 2,
  helper_child = 4,
  listener_child = 8,
  stop_sent = 16,
  stranger_child = 32, ///< of a keeper before this one: init waits for it, the worker watches it
  leftover_child = 64, ///< and its daemon died whole: nobody has its pipes, it is stopped
};

/// One process, or one helper child. Who writes what: the comments; nobody else does.
struct register_slot {
  std::atomic<std::uint32_t> life;       ///< worker, before anything of that life
  std::atomic<std::int32_t> pid;         ///< the kernel, before the child runs (CLONE_PARENT_SETTID); 0: no child yet
  std::atomic<std::uint32_t> ended_life; ///< keeper, last of its fields, release order
  std::int32_t wait_status;              ///< keeper; as waitpid(2) has it
  std::uint64_t ended_at;                ///< keeper; µs, monotonic. Of a leftover: worker; when SIGKILL is due
  std::uint32_t user_ms;                 ///< keeper; this and the next two: of the child
  std::uint32_t system_ms;
  std::uint32_t most_memory;            ///< KiB
  std::atomic<std::uint32_t> held_life; ///< keeper; whose pipes are held; 0: nobody's
  std::int32_t fd[3];                   ///< keeper; its numbers of stdin, stdout, stderr; -1: none
  std::uint8_t stop_signal;             ///< worker
  std::atomic<std::uint8_t> flags;      ///< worker; slot_flag
  std::uint16_t stop_wait;              ///< worker; seconds; 65,535: that or more
  std::uint64_t spawned_at;             ///< worker; µs, CLOCK_BOOTTIME
};
static_assert(sizeof(register_slot) == 64 && offsetof(register_slot, life) == 0 && offsetof(register_slot, pid) == 4 &&
              offsetof(register_slot, ended_life) == 8 && offsetof(register_slot, wait_status) == 12 &&
              offsetof(register_slot, ended_at) == 16 && offsetof(register_slot, user_ms) == 24 &&
              offsetof(register_slot, system_ms) == 28 && offsetof(register_slot, most_memory) == 32 &&
              offsetof(register_slot, held_life) == 36 && offsetof(register_slot, fd) == 40 &&
              offsetof(register_slot, stop_signal) == 52 && offsetof(register_slot, flags) == 53 &&
              offsetof(register_slot, stop_wait) == 54 && offsetof(register_slot, spawned_at) == 56);

struct worker_death {
  std::uint64_t at; ///< µs, monotonic
  std::int32_t wait_status;
  std::int32_t pid;
};

struct register_header {
  char magic[8];
  std::uint32_t layout;
  std::uint32_t slot_size;
  char boot_id[40]; ///< as /proc says it, zero-terminated
  std::uint32_t uid;
  std::atomic<std::int32_t> keeper_pid;  ///< the daemon's pid
  std::atomic<std::int32_t> worker_pid;  ///< 0: there is none
  std::atomic<std::uint32_t> epoch;      ///< of the worker: +1 for each
  std::atomic<std::uint32_t> level;      ///< of its resume (5.1)
  std::atomic<std::uint32_t> bye;        ///< worker; 1: its next end is orderly
  std::int32_t exit_code;                ///< worker; of that end
  std::atomic<std::uint32_t> slots_used; ///< worker; no slot from here on was ever taken
  std::uint32_t limit_count;             ///< survivelimit, by whoever makes the register; 0: no limit
  std::uint32_t deaths;                  ///< keeper; of workers, ever; the last ones: `death`, at deaths % 8
  std::uint64_t limit_us;
  worker_death death[deaths_shown];
  std::int32_t held[well_known_held];       ///< keeper; by held_key; -1: none
  std::atomic<std::uint32_t> ring_head;     ///< keeper; ends ever put into the ring, release order
  std::atomic<std::uint32_t> signals_taken; ///< worker; the last SIGNAL whose meaning is in its records
  std::atomic<std::uint32_t> keeper_kind;   ///< keeper; what kind of one it is. 0: older than that
  std::uint8_t reserved[4096 - 308];
};
static_assert(sizeof(register_header) == 4096 && offsetof(register_header, layout) == 8 &&
              offsetof(register_header, slot_size) == 12 && offsetof(register_header, boot_id) == 16 &&
              offsetof(register_header, uid) == 56 && offsetof(register_header, keeper_pid) == 60 &&
              offsetof(register_header, worker_pid) == 64 && offsetof(register_header, epoch) == 68 &&
              offsetof(register_header, level) == 72 && offsetof(register_header, bye) == 76 &&
              offsetof(register_header, exit_code) == 80 && offsetof(register_header, slots_used) == 84 &&
              offsetof(register_header, limit_count) == 88 && offsetof(register_header, deaths) == 92 &&
              offsetof(register_header, limit_us) == 96 && offsetof(register_header, death) == 104 &&
              offsetof(register_header, held) == 232 && offsetof(register_header, ring_head) == 296 &&
              offsetof(register_header, signals_taken) == 300 && offsetof(register_header, keeper_kind) == 304);

struct held_entry {
  std::uint32_t key; ///< 0: free
  std::int32_t fd;
};

/// All of it; most pages are never touched.
struct register_memory {
  register_header header;
  std::uint32_t ring[most_slots]; ///< slots whose child has ended, at ring_head % 65,536
  register_slot slots[most_slots];
  char names[most_slots][slot_name_size]; ///< worker; `group:process`, once, when the slot is taken
  held_entry held[most_held];             ///< keeper; keys from 16 on
};
static_assert(offsetof(register_memory, ring) == 4096 && offsetof(register_memory, slots) == 266240 &&
              offsetof(register_memory, names) == 4460544 && offsetof(register_memory, held) == 17043456 &&
              sizeof(register_memory) == 17076224);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free && std::atomic<std::uint8_t>::is_always_lock_free);

enum class slot_state : std::uint8_t {
  unused,
  meant,   ///< there is to be a child
  running, ///< it has its pid
  ended,   ///< the keeper has seen its end
  handled, ///< and so has the worker
};

/// What a slot's numbers say; `handled_life` is the worker's ledger's.
constexpr slot_state state_of(std::uint32_t life, std::int32_t pid, std::uint32_t ended_life,
                              std::uint32_t handled_life) {
  if (life == 0)
    return slot_state::unused;
  if (ended_life == life)
    return handled_life == life ? slot_state::handled : slot_state::ended;
  return pid > 0 ? slot_state::running : slot_state::meant;
}
inline slot_state state_of(const register_slot& slot, std::uint32_t handled_life = 0) {
  auto ended = slot.ended_life.load(std::memory_order_acquire); // before the life, which a worker only raises after it
  auto life = slot.life.load(std::memory_order_acquire);
  return state_of(life, slot.pid.load(std::memory_order_acquire), ended, handled_life);
}

/// Step 1 of a spawn (4.1): there is no moment in which the old pid stands for the new life. The page is written here,
/// so that the kernel's store of the pid cannot fail. The new life.
inline std::uint32_t begin_life(register_slot& slot) {
  slot.pid.store(0, std::memory_order_release);
  auto life = slot.life.load(std::memory_order_relaxed) + 1;
  if (life == 0) // after 4 billion lives; 0 means that there was none
    life = 1;
  slot.life.store(life, std::memory_order_release);
  return life;
}

/// The keeper's number, and so the next worker's, of what is held under `key`; -1: nothing.
inline int held_number(const register_memory& memory, std::uint32_t key) {
  if (key < well_known_held)
    return memory.header.held[key];
  for (const auto& e : memory.held)
    if (e.key == key)
      return e.fd;
  return -1;
}

} // namespace troupe::platform
