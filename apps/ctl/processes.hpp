// The processes of a daemon as one call reports them, and which of them the words of a command mean.
// Must not print. Source: docs/contract/supervisorctl.md, section 4.
#pragma once

#include "apps/ctl/session.hpp"
#include "protocols/process_state.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe::ctl {

struct process_row {
  std::string group;
  std::string name;
  protocols::process_state state{};
  std::string statename;
  std::string description;
  std::string spawnerr;
  std::int64_t pid = 0;
  protocols::rpc_value all; ///< every member the daemon sent; nil where no JSON is asked for

  std::string shown() const;
};

/// getAllProcessInfo, in the daemon's order. Throws trouble.
std::vector<process_row> all_processes(session& s);
process_row to_row(const protocols::rpc_value& info);

struct selection {
  std::vector<const process_row*> found;
  std::vector<std::string> unknown; ///< a line for each word that means none
};
/// What the words mean: all where there are none or one of them is `all`; else in the order of the words.
selection select(const std::vector<process_row>& rows, const std::vector<std::string>& words);

/// The words, with each pattern replaced by the names it matches; asks the daemon only if there are patterns.
/// A pattern that is a process's name, or matches none, stays.
std::vector<std::string> expanded(session& s, std::vector<std::string> words);

/// The words one of these patterns stands for; itself where it matches none, or names a process or group literally.
std::vector<std::string> matching(const std::vector<process_row>& rows, const std::string& word);

/// There is no such process: tells what else may have been meant, if anything is called like that.
void suggest(session& s, const std::string& word);

bool has_all(const std::vector<std::string>& words);
/// Takes `word` out; true: it was there.
bool take_flag(std::vector<std::string>& words, std::string_view word);
/// Whether the answer is to be JSON; until the end of the line all that is no part of it goes to stderr.
bool takes_json(session& s, std::vector<std::string>& words);
/// Takes `flag VALUE` or `flag=VALUE` out; the last one counts. Nothing: it was not there, or has no value.
std::optional<std::string> take_value(std::vector<std::string>& words, std::string_view flag);

} // namespace troupe::ctl
