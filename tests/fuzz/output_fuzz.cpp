// Any output of a child, split anywhere: capture tokens, the capture buffer and the ANSI stripper agree with the
// plainest way to say what they do, and lose nothing. The first byte of an input chooses the splits and the size of the
// buffer.
#include "protocols/capture.hpp"
#include "protocols/strip_ansi.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <random>
#include <string_view>
#include <utility>

using namespace troupe::protocols;

const std::vector<std::string> fragments = {
  "<!--XSUPERVISOR:BEGIN-->",
  "<!--XSUPERVISOR:END-->",
  "<!--XSUPERVISOR:",
  "<",
  "\x1b[",
  "\x1b[31m",
  "\x1b",
  "m",
  "text\n",
};

namespace {

constexpr std::string_view begin_token = "<!--XSUPERVISOR:BEGIN-->";
constexpr std::string_view end_token = "<!--XSUPERVISOR:END-->";

struct parts {
  std::string log;
  std::vector<std::string> messages;
  std::string unfinished;
  bool operator==(const parts&) const = default;
};

/// The whole output at once.
parts parted(std::string_view all) {
  parts p;
  for (;;) {
    auto begin = all.find(begin_token);
    p.log += all.substr(0, begin);
    if (begin == std::string_view::npos)
      return p;
    all.remove_prefix(begin + begin_token.size());
    auto end = all.find(end_token);
    if (end == std::string_view::npos) {
      p.unfinished = all;
      return p;
    }
    p.messages.emplace_back(all.substr(0, end));
    all.remove_prefix(end + end_token.size());
  }
}

struct collector {
  parts p;
  void take(const std::vector<capture_step>& steps) {
    for (const auto& step : steps) {
      require((step.kind == capture_step::what::complete) == step.bytes.empty(),
              "a step has bytes, unless it is an end");
      if (step.kind == capture_step::what::output)
        p.log += step.bytes;
      else if (step.kind == capture_step::what::captured)
        p.unfinished += step.bytes;
      else
        p.messages.push_back(std::exchange(p.unfinished, {}));
    }
  }
};

void check_capture(std::string_view all, std::mt19937& random) {
  capture_scanner scanner;
  collector c;
  for (auto rest = all; !rest.empty();) {
    auto size = std::min<std::size_t>(rest.size(), random() % 50);
    c.take(scanner.feed(rest.substr(0, size)));
    rest.remove_prefix(size);
  }
  c.take(scanner.finish());
  require(c.p == parted(all), "splits do not matter");
}

void check_buffer(std::string_view all, std::size_t max, std::mt19937& random) {
  capture_buffer buffer{max};
  std::string model;
  while (!all.empty()) {
    auto size = std::min<std::size_t>(all.size(), random() % 50);
    if (model.size() + size > max)
      model = model.substr(std::min(size, model.size()));
    model += all.substr(0, size);
    buffer.add(all.substr(0, size));
    require(buffer.bytes() == model, "the buffer drops what the new chunk is long");
    all.remove_prefix(size);
  }
}

/// Byte by byte.
std::string stripped(std::string_view bytes) {
  std::string kept;
  bool inside = false; // of a sequence
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (inside)
      inside = std::string_view("HfABCDRsuJKhlpm").find(bytes[i]) == std::string_view::npos;
    else if (bytes.substr(i, 2) == "\x1b[")
      inside = true, ++i;
    else
      kept += bytes[i];
  return kept;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  std::mt19937 random(data[0]);
  std::string_view all{reinterpret_cast<const char*>(data) + 1, size - 1};
  check_capture(all, random);
  check_buffer(all, data[0], random);
  require(strip_ansi(all) == stripped(all), "what is stripped is what lies between ESC [ and an ending letter");
  return 0;
}
