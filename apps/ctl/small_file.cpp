// See process_look.hpp: what needs no system of a kind.
#include "apps/ctl/process_look.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>

#include <sys/stat.h>

namespace troupe::ctl {

std::string small_file(const std::string& path) {
  constexpr std::size_t most_bytes = 1 << 20;
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) // a FIFO would keep us waiting
    return {};
  std::ifstream in(path, std::ios::binary);
  std::string text(most_bytes, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return text;
}

std::int64_t first_number(std::string_view text) {
  auto begin = text.find_first_of("0123456789");
  std::int64_t number = 0;
  if (begin != text.npos)
    std::from_chars(text.data() + begin, text.data() + text.size(), number);
  return number;
}

} // namespace troupe::ctl
