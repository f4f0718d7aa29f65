// Capture mode of a child's output: what lies between the BEGIN and the END token becomes one message.
// Pure: bytes in, steps out, split wherever the pipe split them. Must not know channels, logs or events.
// Source: docs/contract/lifecycle.md, 5.6 and 10.9; vectors V093 to V105.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::protocols {

struct capture_step {
  enum class what {
    output,   ///< bytes outside a capture: for the log
    captured, ///< bytes inside: for capture_buffer
    complete, ///< END: what is in the buffer is the message. No bytes
  } kind;
  std::string_view bytes; ///< never empty for the first two
};

/// Finds the tokens. END outside and BEGIN inside a capture are data.
class capture_scanner {
public:
  /// In order; the bytes are valid until the next call. The longest end of `chunk` that may begin a token is held.
  std::vector<capture_step> feed(std::string_view chunk);
  /// The channel has ended: what was held was no token.
  std::vector<capture_step> finish();
  bool capturing() const { return capturing_; }

  /// For a scanner elsewhere that goes on with this one's channel.
  struct state {
    std::string held;
    bool capturing = false;
  };
  state now() const { return {pending_.substr(done_), capturing_}; }
  void go_on(state from);

private:
  std::string pending_; ///< held bytes, then the chunk; what the steps point into
  std::size_t done_ = 0;
  bool capturing_ = false;
};

/// What is captured, bounded by kept quirk 9.7: a chunk of n bytes that does not fit drops the first n bytes and is
/// then appended whole.
class capture_buffer {
public:
  explicit capture_buffer(std::size_t max_bytes) : max_bytes_(max_bytes) {}
  void add(std::string_view chunk);
  std::string_view bytes() const { return bytes_; }
  void clear() { bytes_.clear(); }
  void go_on(std::string bytes) { bytes_ = std::move(bytes); } ///< of another one

private:
  std::size_t max_bytes_;
  std::string bytes_;
};

} // namespace troupe::protocols
