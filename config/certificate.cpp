// See certificate.hpp.
#include "config/certificate.hpp"

#include "config/text.hpp"

#include <ctime>

namespace troupe::config {

std::string certificate_date(std::int64_t when) {
  auto seconds = static_cast<std::time_t>(when);
  std::tm utc{};
  char text[64] = "";
  if (::gmtime_r(&seconds, &utc))
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

std::string certificate_ends(const std::string& section, const certificate_facts& facts) {
  return '[' + section + "] certificate " + one_line(facts.name) + " expires " + certificate_date(facts.expires);
}

} // namespace troupe::config
