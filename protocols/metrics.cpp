// See metrics.hpp.
#include "protocols/metrics.hpp"

#include "protocols/utf8.hpp"

#include <charconv>

namespace troupe::protocols {

namespace {

void append_label_value(std::string& out, std::string_view text) {
  while (!text.empty()) {
    auto next = utf8_sequence(text);
    if (text.front() == '\n')
      out += "\\n";
    else if (text.front() == '"' || text.front() == '\\')
      (out += '\\') += text.front();
    else
      out += next.well_formed ? text.substr(0, next.size) : "\xef\xbf\xbd";
    text.remove_prefix(next.size);
  }
}

} // namespace

void metrics_writer::family(std::string_view name, kind what, std::string_view help) {
  ((out_ += "# TYPE ") += name) += what == kind::counter ? " counter\n" : " gauge\n";
  (((out_ += "# HELP ") += name) += ' ') += help;
  out_ += '\n';
  sample_name_ = name;
  if (what == kind::counter)
    sample_name_ += "_total";
}

void metrics_writer::begin(const labels& of) {
  out_ += sample_name_;
  char before = '{';
  for (const auto& [name, value] : of) {
    ((out_ += before) += name) += "=\"";
    append_label_value(out_, value);
    out_ += '"';
    before = ',';
  }
  out_ += of.size() > 0 ? "} " : " ";
}

void metrics_writer::sample(const labels& of, double value) {
  begin(of);
  char digits[40];
  out_.append(digits, std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed).ptr);
  out_ += '\n';
}

void metrics_writer::sample(const labels& of, std::int64_t value) {
  begin(of);
  (out_ += std::to_string(value)) += '\n';
}

void metrics_writer::sample(const labels& of, std::uint64_t value) {
  begin(of);
  (out_ += std::to_string(value)) += '\n';
}

} // namespace troupe::protocols
