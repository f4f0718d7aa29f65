// What holds a process, by the dependency graph and what is known of each process at the moment: which items are met,
// who is started and who is stopped together with whom. Pure. Must not start, stop or hold anybody. Source:
// docs/contract/programs.md, 1.2 to 1.6. Cases: tests/core/dependency_rules_test.cpp.
#pragma once

#include "actors/core/dependency_view.hpp"
#include "config/dependency_graph.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace troupe::actors {

using config::condition;
using config::dependency_graph;

/// What is known of a process at the moment.
struct dependency_facts {
  enum class stage : std::uint8_t { stopped, starting, running, backoff, stopping, exited, fatal, unknown };
  stage at = stage::stopped;
  bool has_child = false;
  bool is_held = false;        ///< STARTING: by its own items
  bool is_passing = false;     ///< STOPPED: whoever has stopped it is about to start it
  bool up_long_enough = false; ///< its child is older than startsecs
  bool ended = false;          ///< FATAL: after a child had run
  bool expected = false;       ///< EXITED: as its options expect
  bool stays = false;          ///< EXITED: it is not restarted; BACKOFF: for so long that nobody is to wait for it
  bool never_started = true;
  bool starts_itself = false; ///< never started: its turn is still to come
  bool in_service = true;
  bool disabled = false; ///< nobody starts it for others
  std::string name;      ///< `group:process`, for texts
  std::string end;       ///< EXITED: `exit status 3`
};
using facts_of_node = std::function<dependency_facts(std::size_t)>;

enum class verdict_on_item : std::uint8_t { unmet, met, failed };
/// Because of whom somebody is started.
enum class start_cause : std::uint8_t { boot, operators, itself };

verdict_on_item look_at(const dependency_graph::item& of, const facts_of_node& known);
/// A soft item holds nobody any more: met, failed, or somebody it needs is in BACKOFF.
bool is_settled(const dependency_graph::item& of, const facts_of_node& known);
/// `1 of 2`: so many of those that are needed.
std::string share_met(const dependency_graph::item& of, const facts_of_node& known);
/// `db is FATAL`, `1 of 2 are ready`: why it has failed.
std::string why_failed(const dependency_graph::item& of, const facts_of_node& known);
/// `db:ready (db is FATAL)`, `web:ready (1 of 2)`: as it is shown while somebody waits for it.
std::string shown_unmet(const dependency_graph::item& of, const facts_of_node& known);

/// All that the items of one process come to for a start that has waited, or for one that runs.
dependency_view view_of(const dependency_graph& graph, std::size_t node, const config::dependency_options& options,
                        const dependency_hold& hold, const facts_of_node& known);

/// Who else is started because `node` is: unmet targets, theirs, and so on; ascending.
std::vector<std::size_t> pulled_in(const dependency_graph& graph, std::size_t node, start_cause because,
                                   const facts_of_node& known);
/// The same, each behind those of them that it depends on, directly or through others: who is told to start before his
/// dependents does not look as if nobody had asked him.
std::vector<std::size_t> needed_first(const dependency_graph& graph, const std::vector<std::size_t>& set);
/// A start that is held by its items, and for whose sake nothing is under way: an item of it has failed, or waits for
/// somebody who is held so. `retries_count`: somebody in BACKOFF is under way, unless he stays there.
bool is_stuck(const dependency_graph& graph, std::size_t node, const facts_of_node& known, bool retries_count);
/// Who depends on any of `on`, directly or through others, and is not stopped; ascending, without `on`.
std::vector<std::size_t> running_dependents(const dependency_graph& graph, const std::vector<std::size_t>& on,
                                            const std::function<bool(std::size_t)>& is_stopped);
/// Of `set`: who may be stopped now, since nobody of it that depends on him still runs. Never nobody, where somebody
/// still runs.
std::vector<std::size_t> may_stop(const dependency_graph& graph, const std::vector<std::size_t>& set,
                                  const std::function<bool(std::size_t)>& is_stopped);

} // namespace troupe::actors
