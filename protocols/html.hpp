// HTML and its forms: hostile text made harmless, URLs quoted, queries and urlencoded bodies taken apart.
// Must not know pages or processes. Source: docs/contract/http.md, 6.2 and 6.3. Cases: tests/protocols/html_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::protocols {

/// Appends `text` for a text node or a quoted attribute: & < > " ' escaped, whatever it looks like already; what is not
/// UTF-8 and control characters other than tab, LF and CR become U+FFFD.
void append_html(std::string& out, std::string_view text);
std::string html(std::string_view text);

/// Percent-quoted, as the old pages do it: letters, digits and `_.-~/` stand for themselves.
std::string url_quoted(std::string_view text);

/// Name and value of each field that has a value, in order: %xx decoded once, `+` a blank, broken escapes left as they
/// are, bytes that are not UTF-8 replaced by U+FFFD.
using form_fields = std::vector<std::pair<std::string, std::string>>;
form_fields parse_form(std::string_view text);
/// The part of a request's target behind `?`, and a body that counts more: null for a field that neither has. The first
/// of several in the query counts, the last of several in the body.
class form {
public:
  form(std::string_view target, std::string_view body);
  ~form(); ///< overwrites what it holds: the token of a page is in many
  form(const form&) = delete;
  form& operator=(const form&) = delete;
  const std::string* find(std::string_view name) const;
  std::string value(std::string_view name) const; ///< empty: none
  std::vector<std::string> all(std::string_view name) const;

private:
  form_fields query_;
  form_fields body_;
};

} // namespace troupe::protocols
