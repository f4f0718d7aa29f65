// XML-RPC text to values and back, for the daemon (calls in, responses out) and the client (the other way round).
// Must not know methods, faults' meanings or HTTP. Nothing here recurses deeper than `rpc_limits` or a value we
// built ourselves. Source: docs/contract/http.md, section 3. Cases: tests/protocols/xmlrpc_test.cpp.
#pragma once

#include "config/result.hpp"
#include "config/secret_text.hpp"
#include "config/shared_text.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::protocols {

// -- values ------------------------------------------------------------------------------------------

/// dateTime.iso8601 as on the wire: YYYYMMDDThh:mm:ss, checked when parsed.
struct rpc_date {
  std::string text;
  bool operator==(const rpc_date&) const = default;
};

/// Bytes to be sent as base64. Never parsed: base64 arrives as a string.
struct rpc_bytes {
  std::string bytes;
  bool operator==(const rpc_bytes&) const = default;
};

/// Text that must not stay in memory: it is sent as a string. Never parsed.
struct rpc_secret {
  config::secret_text text;
  bool operator==(const rpc_secret&) const = default;
};

/// One value. Structs keep their members in order; names may repeat, the last one counts.
struct rpc_value {
  using array = std::vector<rpc_value>;
  using structure = std::vector<std::pair<std::string, rpc_value>>;

  std::variant<std::monostate, bool, std::int64_t, double, std::string, rpc_date, rpc_bytes, array, structure,
               rpc_secret>
    is;

  rpc_value() = default; ///< nil
  rpc_value(bool v) : is(v) {}
  rpc_value(int v) : is(std::int64_t{v}) {}
  rpc_value(std::int64_t v) : is(v) {}
  rpc_value(double v) : is(v) {}
  rpc_value(std::string v) : is(std::move(v)) {}
  rpc_value(std::string_view v) : is(std::string(v)) {}
  rpc_value(const char* v) : is(std::string(v)) {}
  rpc_value(rpc_date v) : is(std::move(v)) {}
  rpc_value(rpc_bytes v) : is(std::move(v)) {}
  rpc_value(rpc_secret v) : is(std::move(v)) {}
  rpc_value(array v) : is(std::move(v)) {}
  rpc_value(structure v) : is(std::move(v)) {}

  bool nil() const { return std::holds_alternative<std::monostate>(is); }
  const bool* boolean() const { return std::get_if<bool>(&is); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&is); }
  const double* real() const { return std::get_if<double>(&is); }
  const std::string* string() const { return std::get_if<std::string>(&is); }
  const array* items() const { return std::get_if<array>(&is); }
  const structure* members() const { return std::get_if<structure>(&is); }
  /// The member of a struct, or null: no struct, or no such member.
  const rpc_value* member(std::string_view name) const;

  bool operator==(const rpc_value&) const = default;
};

/// About how many bytes of memory it takes.
std::size_t memory_of(const rpc_value& value);
/// It is a secret, or a struct with one.
bool holds_secret(const rpc_value& value);

struct rpc_call {
  std::string method; ///< never empty, never trimmed
  rpc_value::array params;
};

struct rpc_fault {
  std::int64_t code = 0;
  std::string text;
  bool operator==(const rpc_fault&) const = default;
};

using rpc_response = std::variant<rpc_value, rpc_fault>;

// -- in ----------------------------------------------------------------------------------------------

/// What a text from the network may cost.
struct rpc_limits {
  std::size_t bytes = std::size_t{8} << 20;
  int depth = 48;              ///< arrays and structs inside each other
  std::size_t markup = 500000; ///< tags and attributes: a few bytes of each cost the parser a hundred
};

/// The daemon's side: strict about XML (a DOCTYPE, an undefined entity, a forbidden character or bad UTF-8 is an
/// error), lenient about structure as 3.1 says. Errors: everything 3.2 answers with HTTP 400.
config::result<rpc_call> parse_call(std::string_view text, const rpc_limits& limits = {});

/// The client's side: takes control characters and bytes that are not UTF-8 as they come, and keeps CR.
/// Errors: the sentence of the XML parser the scripts know (`no element found: line 1, column 0`).
/// `limits.bytes` is not looked at.
config::result<rpc_response> parse_response(std::string text, const rpc_limits& limits = {});

/// The client's side for a result that is an array: its items are told one by one, while the rest is still on its way.
class rpc_item_reader {
public:
  /// `item` may be taken away; `which` counts from 0, and starts again from there if the text turns out to be one that
  /// only parse_response can read.
  using on_item = std::function<void(std::size_t which, rpc_value& item)>;
  explicit rpc_item_reader(on_item tell, const rpc_limits& limits = {});
  ~rpc_item_reader();

  /// `so_far`: the text from its start, longer each time.
  void look(std::string_view so_far);
  /// How many there were: none where the result is no array. Errors: as of parse_response.
  config::result<std::variant<std::size_t, rpc_fault>> finish(std::string text);

private:
  on_item tell_;
  rpc_limits limits_;
  std::unique_ptr<class quick_items> quick_;
};

/// An integer as Python's int() reads it (signs, outer blanks, single `_` between digits); saturates at 64 bit.
/// False: it is none.
bool parse_integer(std::string_view text, std::int64_t& number);

// -- out ---------------------------------------------------------------------------------------------

/// Appends character data: `&`, `<`, `>` escaped, CR as a reference; what is not UTF-8 or not allowed in XML becomes
/// U+FFFD, one for each ill-formed sequence.
void append_xml_text(std::string& out, std::string_view text);

/// Writes a response piece by piece into one string, so that a long answer needs no tree of values:
///   rpc_writer w(out); w.begin_response(); w.begin_struct(); w.member("pid", 7); w.end_struct(); w.end_response();
/// Inside an array each value stands alone; inside a struct `name()` (or `member()`) precedes it.
class rpc_writer {
public:
  /// `whole_times`: XML-RPC's clients know integers of 32 bit, others read a moment after 2038 as it is.
  explicit rpc_writer(std::string& out, bool whole_times = false) : out_(out), whole_times_(whole_times) {}
  bool whole_times() const { return whole_times_; }

  void begin_response() { written("<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n"); }
  void end_response() { written("</param>\n</params>\n</methodResponse>\n"); }

  void value(bool v) { written(v ? "<value><boolean>1</boolean></value>\n" : "<value><boolean>0</boolean></value>\n"); }
  void value(std::int64_t v); ///< <int>, beyond 32 bit <i8>
  void value(int v) { value(std::int64_t{v}); }
  void value(double v); ///< shortest decimal
  void value(std::string_view v) {
    written("<value><string>");
    append_xml_text(out_, v);
    written("</string></value>\n");
  }
  void value(const char* v) { value(std::string_view(v)); }
  void value(const std::string& v) { value(std::string_view(v)); }
  void value(const config::shared_text& v) { value(v.view()); }
  void value(const rpc_value& v); ///< recurses into `v`

  void written(std::string_view xml) { out_.append(xml.data(), xml.size()); } ///< by another writer

  void begin_array() { written("<value><array><data>\n"); }
  void end_array() { written("</data></array></value>\n"); }
  void begin_struct() { written("<value><struct>\n"); }
  void end_struct() { written("</struct></value>\n"); }
  void name(std::string_view key) {
    written("<member>\n<name>");
    append_xml_text(out_, key);
    written("</name>\n");
  }
  void end_member() { written("</member>\n"); }
  template <class T>
  void member(std::string_view key, const T& v) {
    name(key);
    value(v);
    end_member();
  }

private:
  std::string& out_;
  bool whole_times_;
};

/// A whole response or fault, as 3.3 lays it out.
void append_response(std::string& out, const rpc_value& result);
void append_fault(std::string& out, std::int64_t code, std::string_view text);
/// A whole call, as clients send it.
void append_call(std::string& out, std::string_view method, const rpc_value::array& params);

std::string base64_encode(std::string_view bytes); ///< no line breaks
/// Skips what is no base64 digit. None: the last group is not complete.
std::optional<std::string> base64_decode(std::string_view text);
/// The same, into `bytes` and nowhere else: it may be a secret. False: not complete.
bool base64_decode(std::string_view text, std::string& bytes);

} // namespace troupe::protocols
