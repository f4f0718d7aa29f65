// The text of OpenMetrics 1.0: families, samples, labels. Must not know what is measured.
// Source: the OpenMetrics specification. Cases: tests/protocols/metrics_test.cpp.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::protocols {

inline constexpr std::string_view openmetrics_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";

class metrics_writer {
public:
  using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  enum class kind { gauge, counter };

  explicit metrics_writer(std::string& out) : out_(out) {}

  /// All samples of a family follow it; a counter's name goes without `_total`.
  void family(std::string_view name, kind what, std::string_view help);
  void sample(const labels& of, double value);
  void sample(const labels& of, std::int64_t value);
  void sample(const labels& of, std::uint64_t value);
  void end() { out_ += "# EOF\n"; }

private:
  void begin(const labels& of);
  std::string& out_;
  std::string sample_name_;
};

} // namespace troupe::protocols
