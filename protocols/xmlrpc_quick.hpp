// XML-RPC as every library and both programs write it (no attributes, comments or CDATA, nothing twice), decoded in one
// pass without a tree of XML nodes: answers about a thousand processes are a megabyte long. Anything else is left to
// xmlrpc_parse.cpp, and so are all errors: what is taken here means the same there.
// Must not decide what is wrong with a text. Source: docs/contract/http.md, 3.1 and 3.3. Cases:
// tests/protocols/xmlrpc_test.cpp.
#pragma once

#include "protocols/xmlrpc.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace troupe::protocols {

/// A request of ASCII without CR. Nothing: to be parsed.
std::optional<rpc_call> quick_call(std::string_view text, int depth);

/// The value of an answer that is no fault. Nothing: to be parsed.
std::optional<rpc_value> quick_result(std::string_view text, int depth);

/// What rpc_item_reader looks with.
class quick_items {
public:
  using on_item = rpc_item_reader::on_item;
  quick_items(int depth, on_item tell);
  ~quick_items();

  void look(std::string_view so_far);
  /// How many there were. Nothing: to be parsed, and those that were told do not count.
  std::optional<std::size_t> all(std::string_view whole);

private:
  void read_on(std::string_view so_far);

  std::unique_ptr<class quick_reader> reader_;
  on_item tell_;
  rpc_value item_; ///< the last one: the next is read into its strings
  std::size_t count_ = 0;
  bool begun_ = false;
  bool has_nul_ = false; ///< would have to be replaced
  std::size_t seen_ = 0;
  std::size_t done_ = 0;         ///< bytes that need no other look
  std::size_t worth_a_look_ = 0; ///< not before there are so many
};

} // namespace troupe::protocols
