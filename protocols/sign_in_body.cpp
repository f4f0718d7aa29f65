// See sign_in_body.hpp.
#include "protocols/sign_in_body.hpp"

#include "protocols/html.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <vector>

namespace troupe::protocols {

namespace {

namespace json = boost::json;
using json::error_code;
using json::string_view;

constexpr std::size_t deepest = 48; ///< as any JSON that is sent

/// What Boost.JSON's parser calls as it goes: takes the two texts out of the outermost object.
struct picker {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  explicit picker(sign_in_body& body) : said(body) {}

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) { return opens(false); }
  bool on_array_end(std::size_t, error_code&) { return closes(); }
  bool on_object_begin(error_code&) { return opens(depth == 0); }
  bool on_object_end(std::size_t, error_code&) { return closes(); }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    name.append(part.data(), part.size());
    return true;
  }
  bool on_key(string_view part, std::size_t, error_code& failed) {
    name.append(part.data(), part.size());
    if (depth == 1 && std::find(names.begin(), names.end(), name) != names.end())
      failed = json::error::syntax;
    if (depth == 1) {
      into = name == "user" ? &said.user : name == "password" ? &said.password.text : nullptr;
      names.push_back(name);
    }
    name.clear();
    return !failed;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    if (into)
      into->append(part.data(), part.size());
    return true;
  }
  bool on_string(string_view part, std::size_t size, error_code& failed) {
    on_string_part(part, size, failed);
    found += into != nullptr;
    return other();
  }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, string_view, error_code&) { return other(); }
  bool on_uint64(std::uint64_t, string_view, error_code&) { return other(); }
  bool on_double(double, string_view, error_code&) { return other(); }
  bool on_bool(bool, error_code&) { return other(); }
  bool on_null(error_code&) { return other(); }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

  bool other() {
    into = nullptr;
    return true;
  }
  bool opens(bool the_object) {
    ++depth;
    is_object = is_object || the_object;
    return other();
  }
  bool closes() {
    --depth;
    return true;
  }

  sign_in_body& said;
  std::string* into = nullptr; ///< where the next value goes, if it is a text
  std::string name;            ///< of the next value
  std::vector<std::string> names;
  std::size_t depth = 0;
  int found = 0;
  bool is_object = false;
};

} // namespace

sign_in_body sign_in_form(std::string_view body) {
  form fields{{}, body};
  sign_in_body said{fields.value("user"), {}, fields.value("next")};
  if (const auto* password = fields.find("password"))
    said.password.text = *password;
  return said;
}

std::optional<sign_in_body> sign_in_json(std::string_view body) {
  std::optional<sign_in_body> said{std::in_place};
  said->password.text.reserve(body.size());
  json::parse_options options;
  options.max_depth = deepest;
  json::basic_parser<picker> parser{options, *said};
  error_code failed;
  auto taken = parser.write_some(false, body.data(), body.size(), failed);
  if (failed || taken < body.size() || !parser.handler().is_object || parser.handler().found != 2)
    said.reset();
  return said;
}

} // namespace troupe::protocols
