// doctor: what may be wrong, in one line each, with the next command. Must not look (doctor_facts.cpp) nor judge
// (doctor.cpp). Source: docs/supervisorctl.md, "Doctor".
#include "apps/ctl/actions.hpp"
#include "apps/ctl/color.hpp"
#include "apps/ctl/doctor_facts.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"
#include "apps/ctl/shown_text.hpp"

namespace troupe::ctl {

using protocols::rpc_value;

namespace {

std::string_view word_of(finding::level is) {
  using enum finding::level;
  return is == ok ? "ok" : is == warn ? "warn" : "fail";
}

std::string_view color_of(finding::level is) {
  using enum finding::level;
  return is == ok ? "32" : is == warn ? "33" : "31";
}

} // namespace

void do_doctor(session& s, const std::string& arguments) {
  auto given = split_words(arguments);
  bool as_json = takes_json(s, given);
  if (!given.empty())
    return usage_error(s, "doctor", "doctor accepts no arguments", exit_status::invalid_arguments);
  auto found = findings_of(look_around(s));
  auto status = status_of(found);
  s.fail(static_cast<exit_status>(status));
  if (!as_json) {
    for (const auto& f : found) {
      auto line = line_of(f);
      auto word = line.substr(0, line.find(' '));
      s.print((s.has_color() ? in_color(color_of(f.is), word) : word) + line.substr(word.size()) + "\n");
    }
    return;
  }
  rpc_value::array rows;
  for (const auto& f : found)
    rows.push_back(rpc_value::structure{
      {"level", word_of(f.is)}, {"about", f.about}, {"text", in_utf8(f.text)}, {"next", in_utf8(f.next)}});
  s.document(rpc_value::structure{{"findings", std::move(rows)}, {"status", status}});
}

} // namespace troupe::ctl
