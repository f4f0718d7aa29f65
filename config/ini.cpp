// See ini.hpp. The steps are those of docs/contract/configuration.md, 1.1, in their order.
#include "config/ini.hpp"

#include "config/datatypes.hpp"
#include "config/text.hpp"
#include "config/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>

namespace troupe::config {

namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r' && c != '\n') || (c >= 28 && c <= 31); }

/// Bytes of the white space character that ends at `end`; 0 if there is none.
std::size_t space_before(std::string_view line, std::size_t end) {
  if (is_space(line[end - 1]))
    return 1;
  for (std::size_t size = 2; size <= 3 && size <= end; ++size)
    if (static_cast<unsigned char>(line[end - 1]) >= 0x80 && strip(line.substr(end - size, size)).empty())
      return size;
  return 0;
}

/// Where the first comment mark of the line stands, or npos: at column 0 or after white space.
std::size_t comment_start(std::string_view line) {
  for (std::size_t at = 0; at < line.size(); ++at)
    if ((line[at] == ';' || line[at] == '#') && (at == 0 || space_before(line, at) > 0))
      return at;
  return line.npos;
}

/// White space characters at the start of the line.
std::size_t indent_of(std::string_view line) {
  std::size_t count = 0;
  while (!line.empty()) {
    std::size_t size = is_space(line[0]) ? 1 : 0;
    for (std::size_t wide = 2; size == 0 && wide <= 3 && wide <= line.size(); ++wide)
      if (static_cast<unsigned char>(line[0]) >= 0x80 && strip(line.substr(0, wide)).empty())
        size = wide;
    if (size == 0)
      break;
    line.remove_prefix(size);
    ++count;
  }
  return count;
}

/// What stands between the first character, a bracket, and the last bracket; empty: the line begins no section.
std::string_view section_name(std::string_view line) {
  if (line[0] != '[')
    return {};
  auto close = line.rfind(']');
  return close == line.npos ? std::string_view() : line.substr(1, close - 1);
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z')
      c += 32;
  return text;
}

struct encoding_fault {
  std::string what; ///< the text of 1.3; empty: all bytes are UTF-8
  std::size_t at = 0;
};

encoding_fault encoding_error(std::string_view text) {
  auto problem = [&](std::size_t at, std::size_t count, const char* what) {
    char message[128];
    if (count == 1)
      std::snprintf(message, sizeof message, "'utf-8' codec can't decode byte 0x%02x in position %zu: %s",
                    static_cast<unsigned char>(text[at]), at, what);
    else
      std::snprintf(message, sizeof message, "'utf-8' codec can't decode bytes in position %zu-%zu: %s", at,
                    at + count - 1, what);
    return encoding_fault{message, at};
  };
  for (auto i = plain_bytes(text); i < text.size();) {
    auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      i += i % 8 == 0 ? plain_bytes(text.substr(i)) : 0;
      continue;
    }
    std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                         : lead >= 0xe0 && lead <= 0xef ? 3
                         : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                        : 0;
    if (length == 0)
      return problem(i, 1, "invalid start byte");
    for (std::size_t k = 1; k < length; ++k) {
      if (i + k >= text.size())
        return problem(i, k, "unexpected end of data");
      auto c = static_cast<unsigned char>(text[i + k]);
      unsigned least = k == 1 && lead == 0xe0 ? 0xa0 : k == 1 && lead == 0xf0 ? 0x90 : 0x80;
      unsigned most = k == 1 && lead == 0xed ? 0x9f : k == 1 && lead == 0xf4 ? 0x8f : 0xbf;
      if (c < least || c > most)
        return problem(i, k, "invalid continuation byte");
    }
    i += length;
  }
  return {};
}

/// Of the byte at `at`, counted as read() counts lines.
int line_of(std::string_view text, std::size_t at) {
  int line = 1;
  for (std::size_t i = 0; i < at; ++i)
    line += text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n') ? 1 : 0;
  return line;
}

/// Whether a line that is no option may still be a piece of a value that nobody else should read: it speaks of a
/// secret, or stands behind an option that holds one and lacks its indent.
bool may_be_secret(std::string_view line, std::string_view option_before) {
  constexpr std::string_view holders[] = {"environment", "command", "password"};
  auto text = lower(std::string(line));
  for (std::string_view word : {"password", "passwd", "secret", "token", "environment", "command"})
    if (text.find(word) != text.npos)
      return true;
  return std::find(std::begin(holders), std::end(holders), option_before) != std::end(holders);
}

} // namespace

/// Reads one file into a document.
class ini_reader {
public:
  ini_reader(ini_document& into, std::string shown) : into_(into), shown_(std::move(shown)) {
    file_ = static_cast<int>(into.files_.size());
    into.files_.push_back(shown_);
  }

  /// `text` belongs to the document.
  result<void> read(std::string_view text) {
    if (auto wrong = encoding_error(text); !wrong.what.empty())
      return error{{shown_, line_of(text, wrong.at)}, wrong.what};
    auto feed = text.find('\n'); // the next ones, each looked for once
    auto carriage = text.find('\r');
    for (std::size_t begin = 0; begin < text.size();) {
      auto end = std::min({feed, carriage, text.size()});
      auto next = end + (end == carriage && end + 1 == feed ? 2 : 1);
      ++line_;
      auto line = text.substr(begin, end - begin);
      if (!is_left_out(line))
        if (auto done = read_line(line, end < text.size()); !done)
          return done;
      if (feed < next)
        feed = text.find('\n', next);
      if (carriage < next)
        carriage = text.find('\r', next);
      begin = next;
    }
    finish_option();
    if (!bad_lines_.empty())
      return error{{shown_, first_bad_}, "Source contains parsing errors: " + quoted(shown_) + bad_lines_};
    return {};
  }

private:
  /// A plain option of a section that is not wanted: most lines of a long file, to who wants little of it.
  bool is_left_out(std::string_view line) {
    if (section_ != &unwanted_)
      return false;
    auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9'); };
    auto key = static_cast<std::size_t>(std::find_if_not(line.begin(), line.end(), is_plain) - line.begin());
    auto mark = std::min(line.find_first_not_of(' ', key), line.size());
    if (key == 0 || mark == line.size() || (line[mark] != '=' && line[mark] != ':'))
      return false;
    indent_ = 0;
    begin_option(line.substr(0, key));
    return true;
  }

  result<void> read_line(std::string_view line, bool ended) {
    auto comment = comment_start(line);
    auto value = stripped(line.substr(0, comment));
    if (value.empty()) {
      if (comment == line.npos && option_)
        ++empty_lines_; // part of the value only if something follows
      return {};
    }
    auto indent = indent_of(line);
    if (option_ && indent > indent_) {
      go_on(value);
      return {};
    }
    indent_ = indent;
    if (auto name = section_name(value); !name.empty()) {
      begin_section(name);
      return {};
    }
    if (!section_)
      return error{{shown_, line_},
                   "File contains no section headers.\nfile: " + quoted(shown_) + ", line: " + std::to_string(line_) +
                     "\n" + shown_line(line, value, ended)};
    auto split = std::min(value.find('='), value.find(':'));
    auto key = split == value.npos ? std::string_view() : stripped(value.substr(0, split));
    if (key.empty()) {
      if (split != value.npos) // `=x` is an option, if a bad one: what follows does not continue the one before
        finish_option();
      note_bad_line(shown_line(line, value, ended));
      return {};
    }
    begin_option(lower_case(key));
    option_->text = stripped(value.substr(split + 1));
    option_->at = {file_, line_};
    return {};
  }

  void begin_option(std::string_view key) {
    finish_option();
    last_key_ = key;
    option_ = section_ == &unwanted_ ? &left_out_ : &section_->make(key);
  }

  void begin_section(std::string_view name) {
    finish_option();
    last_key_ = {};
    bool wanted = !into_.wanted_ || name == "DEFAULT" || into_.wanted_(name);
    section_ = wanted ? &into_.make_section(name) : &unwanted_;
    if (section_->at.line == 0)
      section_->at = {file_, line_};
    else if (section_->again.line == 0)
      section_->again = {file_, line_};
  }

  /// A bad line in an error.
  std::string shown_line(std::string_view line, std::string_view value, bool ended) const {
    if (lower(std::string(value)).starts_with("password")) // lacks its `=`
      return quoted("password ...");
    if (may_be_secret(value, last_key_))
      return "(not shown)";
    return quoted(std::string(line) + (ended ? "\n" : ""));
  }

  void note_bad_line(const std::string& raw) {
    char number[32];
    std::snprintf(number, sizeof number, "\n\t[line %2d]: ", line_);
    bad_lines_ += number + raw;
    if (first_bad_ == 0)
      first_bad_ = line_;
  }

  /// Most keys are in lower case as they stand.
  std::string_view lower_case(std::string_view key) {
    bool as_it_stands = std::none_of(key.begin(), key.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    return as_it_stands ? key : into_.keep(lower(std::string(key)));
  }

  /// A value of several lines is put together here.
  void go_on(std::string_view value) {
    if (option_ == &left_out_)
      return;
    if (several_lines_.empty())
      several_lines_ = option_->text;
    several_lines_.append(static_cast<std::size_t>(std::exchange(empty_lines_, 0)) + 1, '\n');
    several_lines_ += value;
  }

  void finish_option() {
    empty_lines_ = 0;
    if (option_ && !several_lines_.empty())
      option_->text = into_.keep(std::exchange(several_lines_, {}));
    option_ = nullptr;
  }

  ini_document& into_;
  std::string shown_;
  int file_ = 0;
  int line_ = 0;
  std::size_t indent_ = 0;
  ini_section* section_ = nullptr;
  ini_section unwanted_;         ///< stands for all that are not wanted, and stays empty
  ini_option left_out_;          ///< stands for their options
  ini_option* option_ = nullptr; ///< the one that continuation lines belong to
  int empty_lines_ = 0;          ///< since its last one
  std::string several_lines_;    ///< its value, if it has more than one
  std::string_view last_key_;
  std::string bad_lines_;
  int first_bad_ = 0;
};

// -- sections ----------------------------------------------------------------------------------------

namespace {

constexpr std::size_t many = 64; ///< options, from which on a section looks them up in an index

} // namespace

const ini_option* ini_section::find(std::string_view key) const {
  if (positions_) {
    auto found = positions_->find(key);
    return found == positions_->end() ? nullptr : &options[found->second];
  }
  for (const auto& option : options)
    if (option.key == key)
      return &option;
  return nullptr;
}

ini_option& ini_section::make(std::string_view key) {
  if (const auto* known = find(key))
    return options[static_cast<std::size_t>(known - options.data())];
  if (options.empty())
    options.reserve(8);
  if (options.size() == many) {
    positions_ = std::make_shared<index>();
    for (std::size_t i = 0; i < many; ++i)
      positions_->emplace(options[i].key, i);
  }
  if (positions_)
    positions_->emplace(key, options.size());
  return options.emplace_back(ini_option{key, {}, {}});
}

void ini_section::rename(std::string_view key, std::string_view to) {
  make(key).key = to;
  if (!positions_)
    return;
  auto position = positions_->extract(key);
  position.key() = to;
  positions_->insert(std::move(position));
}

// -- the document ------------------------------------------------------------------------------------

result<void> ini_document::add(std::string text, const std::string& shown) {
  return ini_reader{*this, shown}.read(keep(std::move(text)));
}

ini_section& ini_document::make_section(std::string_view name) {
  if (name == "DEFAULT")
    return defaults_;
  std::string key(name);
  auto found = tree_.find(key);
  return found != tree_.not_found() ? found->second.data() : tree_.push_back({key, ini_tree{}})->second.data();
}

const ini_section* ini_document::section(std::string_view name) const {
  auto found = tree_.find(std::string(name));
  return found == tree_.not_found() ? nullptr : &found->second.data();
}

void ini_document::inherit(std::string_view heir, const ini_section& from) {
  auto& section = make_section(heir);
  for (const auto& option : from.options)
    if (option.key == "environment")
      section.beneath.push_back(option);
    else if (option.key != "template" && !section.find(option.key))
      section.make(option.key) = option;
}

void ini_document::rename(std::string_view section, std::string_view key, std::string_view to) {
  make_section(section).rename(key, to);
}

const ini_option* ini_document::option(const ini_section& section, std::string_view key) const {
  const auto* own = section.find(key);
  return own ? own : defaults_.find(key);
}

} // namespace troupe::config
