// The ways in which a child may say something of itself beside its output, made before it is: as its options ask for
// them, and told to it. Must not read what it says. Source: docs/contract/programs.md, 3. Cases:
// tests/io/note_making_test.cpp.
#pragma once

#include "actors/io/child_notes.hpp"
#include "actors/io/keeper_desk.hpp"
#include "config/options.hpp"
#include "platform/spawn.hpp"

#include <string>

namespace troupe::actors {

struct made_notes {
  child_notes_ptr notes;      ///< null: it is not asked for any
  platform::unique_fd theirs; ///< the child's end, until it is made
  std::string error;          ///< empty: none
};

/// `plan` is told of them. `directory`: of notify sockets; empty: they have abstract names. `uid`: whom the child runs
/// as.
made_notes make_notes(const config::process_options& options, platform::spawn_plan& plan, const std::string& directory,
                      std::int64_t uid);

/// Before the child is made, or where the keeper is another one. Null: nothing.
void hold_notes(keeper_desk& keeper, std::uint32_t slot, const child_notes* notes);
/// The keeper holds them, as the worker before us had wanted.
void know_notes(keeper_desk& keeper, std::uint32_t slot, const child_notes* notes);

/// What a daemon before this one had made, by the numbers of its descriptors, which are taken; -1: none. Null: there is
/// nothing that the child could still say.
child_notes_ptr take_up_notes(const config::process_options& options, int ready, int notify, bool awaits_line);

} // namespace troupe::actors
