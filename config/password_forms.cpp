// See password_forms.hpp.
#include "config/password_forms.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

/// A word that names a form, and is too short and too plain to be a password by mistake.
bool names_a_form(std::string_view word) {
  constexpr std::size_t longest = 16;
  auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !word.empty() && word.size() <= longest && std::all_of(word.begin(), word.end(), fits);
}

/// `$id$` of a setting; "this form" where it has none.
std::string form_of(std::string_view setting) {
  auto end = setting.find('$', 1);
  bool named = setting.starts_with('$') && end != setting.npos && names_a_form(setting.substr(1, end - 1));
  return named ? std::string(setting.substr(0, end + 1)) : "this form";
}

result<stored_password> hash_of(std::string_view setting, const host& on) {
  std::string asked(setting);
  auto form = setting.starts_with('$') ? on.form_of_hash(asked) : crypt_form::unknown;
  forget(asked);
  switch (form) {
  case crypt_form::ok:
    return stored_password{stored_password::kind::crypt, setting};
  case crypt_form::legacy:
    return fault("password: " + form_of(setting) + " is too weak; supervisorctl passwd makes a new one");
  case crypt_form::unknown:
    break;
  }
  return fault("password: libcrypt of this system does not know " + form_of(setting));
}

result<stored_password> plain_text(std::string_view text) {
  if (text.empty())
    return fault("password is empty");
  return stored_password{stored_password::kind::plain, text};
}

result<stored_password> sha_of(std::string_view digits) {
  auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (digits.size() != 40 || !std::all_of(digits.begin(), digits.end(), is_digit))
    return fault("password: {SHA} goes on with 40 hexadecimal digits in lower case");
  return stored_password{stored_password::kind::sha, digits};
}

} // namespace

result<stored_password> stored_password_of(std::string_view text, const host& on) {
  if (text.starts_with('$'))
    return hash_of(text, on);
  if (!text.starts_with('{'))
    return plain_text(text);
  auto end = text.find('}');
  auto word = end == text.npos ? std::string_view() : text.substr(1, end - 1);
  auto rest = end == text.npos ? std::string_view() : text.substr(end + 1);
  if (word == "CRYPT")
    return hash_of(rest, on);
  if (word == "SHA")
    return sha_of(rest);
  if (word == "PLAIN")
    return plain_text(rest);
  return fault("password has the unknown form {" + (names_a_form(word) ? std::string(word) + '}' : "..."));
}

result<std::string> first_line(const std::string& path, const host& on) {
  constexpr std::size_t longest = 1024;
  auto text = on.read_file(path);
  if (!text)
    return fault("Cannot read password_file " + path + ": " + on.why_unreadable(path));
  auto line = std::string_view(*text).substr(0, text->find('\n'));
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  result<std::string> read{std::string()};
  if (line.size() > longest)
    read = fault("Cannot read password_file " + path + ": its first line has more than 1024 bytes");
  else if (line.starts_with("password=$")) // what supervisorctl passwd prints; it would be a password in plain text
    read = fault("Cannot read password_file " + path + ": only what is behind password= belongs into it");
  else
    read = std::string(line);
  forget(*text);
  return read;
}

} // namespace troupe::config
