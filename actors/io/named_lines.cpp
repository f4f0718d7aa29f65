// See named_lines.hpp.
#include "actors/io/named_lines.hpp"

namespace troupe::actors {

std::string named_lines::feed(std::string_view bytes) {
  std::string lines;
  while (!bytes.empty()) {
    auto end = bytes.find('\n');
    take(bytes.substr(0, end), lines);
    if (end == bytes.npos)
      break;
    end_line(lines);
    bytes.remove_prefix(end + 1);
  }
  return lines;
}

std::string named_lines::finish() {
  std::string lines;
  if (!begun_.empty())
    end_line(lines);
  return lines;
}

void named_lines::take(std::string_view piece, std::string& lines) {
  while (begun_.size() + piece.size() > longest_line) {
    auto fits = longest_line - begun_.size();
    begun_ += piece.substr(0, fits);
    piece.remove_prefix(fits);
    end_line(lines);
  }
  begun_ += piece;
}

void named_lines::end_line(std::string& lines) {
  lines.append(head_).append(begun_) += '\n';
  begun_.clear();
}

std::string lines_with_name(std::string_view output, std::string_view name) {
  named_lines lines(name);
  auto all = lines.feed(output);
  return all += lines.finish();
}

} // namespace troupe::actors
