// See section_reader.hpp: [history]. Must not look at the file it names (apps/daemon does, at the start).
// Source: docs/contract/history.md, 0.2.
#include "config/section_reader.hpp"

namespace troupe::config {

result<void> read_history(loading& from) {
  const auto* written = from.document.section("history");
  if (!written)
    return {};
  section_reader section{from, "history", *written};
  history_options options;
  for (const auto& row : schema_of("history"))
    if (auto done = from.noted(section.take("history", row.key, {.history = &options})); !done)
      return done;
  if (options.file.empty())
    return section.raw("file") && from.faults && !from.faults->empty()
             ? result<void>{}
             : from.noted(section.at("file", "[history] section requires a \"file\" line"));
  from.cfg.history = std::move(options);
  return {};
}

} // namespace troupe::config
