// Any bytes as a time that somebody types and as what a record of the history says: nothing crashes, a moment that is
// read is written as text that reads as the same moment, and what is shown is one line per record. The first byte of an
// input chooses where it is cut. Must not hold expectations of single cases.
#include "protocols/history_record.hpp"
#include "protocols/time_words.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>
#include <string_view>

using namespace troupe;
using namespace troupe::protocols;

const std::vector<std::string> fragments = {
  "2h",
  "10m",
  "1d12h",
  "03:12",
  "03:12:08.113",
  "2026-11-28",
  " ",
  "T",
  "Z",
  "+01:00",
  "-0130",
  "9999-12-31T23:59:60.999999Z",
  R"({"event":"start","version":")",
  R"({"from":"RUNNING","to":"EXITED","pid":1,"ran":1e99})",
  R"({"verb":"restart","by":{"from":":","how":"token"},"outcome":"done","ms":-9223372036854775808})",
  R"({"event":"clock","ms":-9223372036854775807,"of":7})",
  R"({"added":["a",1,null,[]],"groups":{}})",
  "\n",
};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view all(reinterpret_cast<const char*>(data), size);
  auto cut = all.empty() ? 0 : static_cast<unsigned char>(all[0]) % all.size();
  auto text = all.substr(cut), other = all.substr(0, cut);
  constexpr std::int64_t now = 1'795'867'925'250'000;
  for (auto words : {text, other, all}) {
    auto moment = moment_of(words, now, utc_zone());
    if (!moment)
      continue;
    auto again = moment_of(moment_iso(*moment), now, utc_zone());
    require(*moment < 0 || (again && *again == *moment), "a moment reads as it is written");
    (void)moment_text(*moment, utc_zone());
  }
  rpc_value::array records;
  for (std::size_t kind = 0; kind < config::history_kinds.size(); ++kind) {
    platform::history_row row{static_cast<std::int64_t>(kind),
                              now,
                              static_cast<config::history_kind>(kind),
                              std::string(other),
                              std::string(other),
                              1,
                              std::string(text)};
    records.push_back(history_value(row, kind % 2 == 0));
  }
  require(history_text(records, utc_zone()).size() <= records.size(), "a line for each record, or fewer");
  require(states_text(records, utc_zone()).size() == records.size(), "a line for each state");
  return 0;
}
