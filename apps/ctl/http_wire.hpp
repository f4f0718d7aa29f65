// The client's HTTP/1.1: addresses, requests, and answers taken in as they come. Must not know sockets or XML-RPC.
// Source: docs/contract/supervisorctl.md, 1.6, 5 and 7.
#pragma once

#include "apps/ctl/context.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::ctl {

/// Where a URL points.
struct endpoint {
  std::string path; ///< of a unix socket; empty: TCP
  std::string host;
  std::string port = "80";
  bool tls = false;      ///< https
  std::string authority; ///< for the Host header
  std::string username;  ///< of ...//user:password@host; empty: none
  std::string password;
};
std::variant<endpoint, failure> parse_server_url(const std::string& url);

std::string post_request(const endpoint& to, const server& as, std::string_view body);
std::string get_request(const endpoint& to, const server& as, std::string_view path);

/// One answer, fed in pieces of any size; whatever follows its end is left alone.
class http_reader {
public:
  explicit http_reader(std::function<void(std::string_view)> on_body) : on_body_(std::move(on_body)) {}

  void feed(std::string_view bytes);
  /// The peer closed: what is wrong with that, if anything. Call once, and only if not done.
  std::optional<failure> close();

  bool headed() const { return state_ != state::status_line && state_ != state::headers; }
  bool done() const { return state_ == state::done; }
  bool broken() const { return state_ == state::broken; } ///< close() tells why
  int status() const { return status_; }
  const std::string& reason() const { return reason_; }
  bool keeps_open() const { return keeps_open_; }
  bool may_roll() const { return may_roll_; }
  std::uint64_t length() const { return length_.value_or(0); } ///< of the body as announced; 0: unknown

private:
  enum class state { status_line, headers, sized, until_close, chunk_size, chunk, chunk_end, trailers, done, broken };

  void take_line(std::string_view line);
  void start_line(std::string_view line);
  void header(std::string_view line);
  void start_body();
  void start_chunk(std::string_view line);
  void fail(std::string type, std::string text);

  std::function<void(std::string_view)> on_body_;
  state state_ = state::status_line;
  std::string line_; ///< an unfinished one
  std::size_t head_bytes_ = 0;
  int status_ = 0;
  std::string reason_;
  bool keeps_open_ = true;
  bool may_roll_ = false;
  bool chunked_ = false;
  std::optional<std::uint64_t> length_;
  std::uint64_t left_ = 0; ///< of the body, or of the chunk
  std::uint64_t got_ = 0;  ///< bytes of the body
  failure why_;
};

} // namespace troupe::ctl
