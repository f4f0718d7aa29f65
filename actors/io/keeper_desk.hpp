// The worker's side of its keeper: slots of the register, one for each process and helper child; pipes, sockets and
// memory handed over; ends heard; the ledger. Any thread, but where it says otherwise. Must not decide what is started
// or what an end means, nor include CAF or Asio: whoever has a loop watches bell() and link().
// Source: docs/contract/survival.md, 3 and 4. Cases: tests/io/keeper_desk_test.cpp, tests/survive_test.py.
#pragma once

#include "actors/core/carried.hpp"
#include "actors/core/cells.hpp"
#include "actors/core/worker_facts.hpp"
#include "actors/io/channel_notes.hpp"
#include "actors/io/image_changes.hpp"
#include "actors/io/ledger.hpp"
#include "actors/io/pump_room.hpp"
#include "platform/child_end.hpp"
#include "platform/keeper_link.hpp"
#include "platform/known_descriptor.hpp"
#include "platform/leftovers.hpp"
#include "platform/pair.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::platform {
class kept_input;
}

namespace troupe::actors {

class keeper_desk : public std::enable_shared_from_this<keeper_desk> {
public:
  /// `book`, `room` (null: what is being read is lost with us) and `notes` (null: what channels have begun) are held by
  /// the keeper from now on.
  keeper_desk(platform::worker_seat seat, ledger book, std::unique_ptr<pump_room> room,
              std::unique_ptr<channel_notes> notes = nullptr);
  keeper_desk(const keeper_desk&) = delete;
  keeper_desk& operator=(const keeper_desk&) = delete;

  platform::worker_seat& seat() { return seat_; }
  platform::register_memory& memory() const { return *seat_.memory; }
  int memory_file() const { return seat_.memory.fd(); }
  const ledger& book() const { return book_; }
  pump_room* room() const { return room_.get(); }
  channel_notes* notes() const { return notes_.get(); }
  bool renewed = false;       ///< the keeper is another one than that of the worker before this one, and holds no pipes
  bool after_a_death = false; ///< the worker before this one died; else it was another binary, in the same process

  // -- slots -----------------------------------------------------------------------------------------------
  /// Of a process that has none. False: all are taken.
  bool assign(process_cell& cell);
  /// One that it had before the worker that died.
  void assign(process_cell& cell, std::uint32_t slot);
  /// For a helper child; nothing: all are taken.
  std::optional<std::uint32_t> take_helper();
  void give_back(std::uint32_t slot);
  /// Those that the worker before this one had, and nobody has been assigned since.
  void free_the_rest();

  /// Slots of programs that a daemon which died whole has left, and who they are.
  std::vector<std::pair<std::uint32_t, platform::leftover>> leftovers() const;
  /// A stop was sent; when SIGKILL is due.
  void note_stop(std::uint32_t slot, std::chrono::steady_clock::time_point kill_at);
  std::optional<std::chrono::steady_clock::time_point> kill_at(std::uint32_t slot) const; ///< nothing: none was sent
  void end_leftover(std::uint32_t slot); ///< it has ended; the slot is free

  /// What there is to be known of the process if this worker dies now.
  void note(const process_cell& cell, const std::optional<noted_step>& step = {}) const;
  void told(const process_cell& cell, std::uint32_t effects) const; ///< so many of the step's were carried out
  /// The so-manieth effect of what was noted last.
  noted_effect effect_of(const process_cell& cell, std::uint32_t number) const;
  /// What the worker that died had not told any more of the step that it noted last.
  struct untold {
    process_record before;
    noted_step step;
    std::uint32_t told = 0;
  };
  void leave_untold(std::uint64_t process, untold what);
  bool has_untold(std::uint64_t process) const;
  std::optional<untold> take_untold(std::uint64_t process); ///< once

  // -- a child ---------------------------------------------------------------------------------------------
  /// Before anything of a new life; who has to be stopped how. Its pid is then found at pid_of(), once it has one.
  std::uint32_t begin(std::uint32_t slot, const config::process_options* options);
  std::atomic<int>& pid_of(std::uint32_t slot) const { return memory().slots[slot].pid; }
  /// Before it is made: our ends of its pipes, -1: none.
  void arm(std::uint32_t slot, std::uint32_t life, const int (&pipes)[3]);
  /// Where the keeper is another one: the pipes of a life that goes on.
  void arm_again(std::uint32_t slot, const int (&pipes)[3]);
  void note_spawn(std::uint32_t slot) const;   ///< a helper's, likewise
  std::uint32_t slot_of_helper(int pid) const; ///< that runs; no_slot: there is none
  /// Its end has been handled, its pipes are empty.
  void drop(std::uint32_t slot, std::uint32_t life);
  void note_stop(std::uint32_t slot);       ///< one was sent
  bool stop_sent(std::uint32_t slot) const; ///< to the life that the slot has now
  bool has_ended(std::uint32_t slot) const; ///< its pid may be another's
  /// The life that the slot has now.
  std::uint32_t life_of(std::uint32_t slot) const { return memory().slots[slot].life.load(); }
  bool is_helper(std::uint32_t slot) const;
  bool is_stranger(std::uint32_t slot) const;               ///< the keeper is not its parent
  void note_end(std::uint32_t slot, int wait_status) const; ///< of one that the keeper does not wait for
  /// Where the keeper is gone: see platform::hold_stranger.
  platform::unique_fd hold_child(std::uint32_t slot) const;

  struct end {
    std::uint32_t slot = 0;
    platform::child_end what;
  };
  /// The reaper's thread: those that have ended since the last time; the first time, all that nobody has handled.
  std::vector<end> take_ends();
  int bell() const { return seat_.bell.get(); }
  void silence_bell() const;

  /// What a child says of itself beside its output (child_notes.hpp), before it is made; until drop().
  enum class note_kind : std::uint32_t { ready, notify };
  void hold_note(std::uint32_t slot, note_kind which, int fd);
  void know_note(std::uint32_t slot, note_kind which, int fd); ///< it is held, and this is our number
  int held_note(std::uint32_t slot, note_kind which) const;    ///< the number; -1: none is held

  /// What waits for the stdin of the slot's child; null: nothing any more.
  void hold_input(std::uint32_t slot, const platform::kept_input* what);
  carried_child::kept_numbers held_input(std::uint32_t slot) const; ///< likewise

  // -- what else the keeper holds ------------------------------------------------------------------------------
  void hold(platform::held_key key, int fd);
  /// What a worker that follows builds everything from; `number` is in it, and another one than that of the image
  /// before.
  void hold_image(std::string_view bytes, std::uint64_t number);
  int image() const { return image_.get(); }
  /// One more of the image that is held. False: it has to be made anew, so that it does not grow for ever.
  bool add_change(std::string_view bytes);
  void hold_events(int fd); ///< -1: there are none to go on with
  /// A key for something that comes and goes: the same words, the same key. `fd` stays open until release().
  void hold(std::string_view name, int fd);
  void release(std::string_view name);
  int key_of(std::string_view name) const; ///< -1: nothing of that name is held
  void release_old();                      ///< what only the worker before this one needed
  /// For another keeper: all that is held but pipes. While everything rests.
  platform::kept_descriptors held() const;
  /// Everything so far has been done, before an address is bound again. False: the keeper does not answer. What else it
  /// says meanwhile rings the bell, and is there for hear().
  bool sync();
  bool has_heard() const; ///< there is something for hear() that no look at link() tells of

  // -- its words -----------------------------------------------------------------------------------------------
  struct heard {
    std::function<void(int signo)> signal;
    std::function<void(int pid, int wait_status)> orphan;
    std::function<void(std::size_t unheld)> unheld; ///< so many programs would lose their pipes with us
    std::function<void()> gone;                     ///< there is no keeper any more
  };
  int link() const { return seat_.link.get(); }
  void hear(const heard& to);
  void ready();             ///< everything is as it should be
  void reexec(int program); ///< that the keeper is to be from now on; its kind is in the register then
  /// Whether orphaned descendants of programs come to the keeper, which stays as it is when a worker ends; told again,
  /// nothing changes. A keeper of an older version leaves them to init.
  void keep_orphans(bool keep = true);
  void notify(std::string_view text); ///< for the manager of services, who hears the daemon's pid only
  /// When look_again() is wanted, if at all.
  std::optional<std::chrono::steady_clock::time_point> next_look();
  void look_again();

  worker_facts facts() const; ///< of this worker
  void set_ending(int signo) const { book_.ending() = signo; }
  /// What the keeper has passed on, and hear() told, has been acted on: it need not be passed on again.
  void count_signals();
  /// The end that follows is meant.
  void bye(int code);

private:
  enum class input_part : std::uint32_t { memory, out, in };
  static std::uint32_t key_of(std::uint32_t slot, note_kind which);
  static std::uint32_t key_of(std::uint32_t slot, input_part which);
  static bool is_note(std::uint32_t key);
  int number_of(std::uint32_t key) const;
  void release_input(std::uint32_t slot);
  void release_notes(std::uint32_t slot);
  std::optional<std::uint32_t> take(std::string_view name);
  void lease(process_cell& cell, std::uint32_t slot);

  platform::worker_seat seat_;
  ledger book_;
  std::unique_ptr<pump_room> room_;
  std::unique_ptr<channel_notes> notes_;
  platform::unique_fd image_;
  std::uint64_t image_number_ = 0;
  std::size_t image_size_ = 0;
  std::optional<image_changes> changes_; ///< of it
  mutable std::mutex mutex_;             ///< of what follows
  platform::worker_link link_;
  std::vector<std::uint32_t> free_;
  std::vector<bool> assigned_; ///< slots below `used_`
  std::uint32_t used_ = 0;
  std::vector<std::uint32_t> old_keys_;
  std::map<std::uint64_t, untold> untold_;
  struct named {
    std::uint32_t key = 0;
    platform::known_descriptor what;
  };
  std::map<std::string, named, std::less<>> keys_;
  std::uint32_t next_key_ = platform::well_known_held;
  std::map<std::uint32_t, platform::known_descriptor> note_keys_; ///< that are held; none: the worker before this one's
  int events_ = -1;                                               ///< held; our number
  std::vector<platform::keeper_message> early_;                   ///< heard while sync() waited
  std::size_t told_unheld_ = 0;
  std::uint32_t ring_ = 0;          ///< ends up to here were taken
  bool looked_at_all_ = false;      ///< likewise those of the worker before this one
  std::vector<std::uint32_t> told_; ///< by slot: the life whose end was taken last
  std::uint32_t heard_signals_ = 0; ///< the number of the last one
  bool signals_wait_ = false;       ///< somebody has been told, and has not acted on it yet
};

} // namespace troupe::actors
