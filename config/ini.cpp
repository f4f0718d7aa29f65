// See ini.hpp. The steps are those of docs/contract/configuration.md, 1.1, in their order.
#include "config/ini.hpp"

#include "config/datatypes.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>

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

std::size_t line_end(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] != '\n' && text[end] != '\r')
    ++end;
  return end;
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

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z')
      c += 32;
  return text;
}

/// From `at` on; the end, if there is none.
std::size_t first_not_ascii(std::string_view text, std::size_t at) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  for (std::uint64_t eight = 0; at + sizeof eight <= text.size(); at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if (eight & high_bits)
      break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80)
    ++at;
  return at;
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
  for (std::size_t i = 0; (i = first_not_ascii(text, i)) < text.size();) {
    auto lead = static_cast<unsigned char>(text[i]);
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

  result<void> read(std::string_view text) {
    if (auto wrong = encoding_error(text); !wrong.what.empty())
      return error{{shown_, line_of(text, wrong.at)}, wrong.what};
    bool has_cr = text.find('\r') != text.npos;
    while (!text.empty()) {
      auto end = has_cr ? line_end(text) : std::min(text.find('\n'), text.size());
      auto line = text.substr(0, end);
      bool ended = end < text.size();
      text.remove_prefix(std::min(end + (text.substr(end).starts_with("\r\n") ? 2 : 1), text.size()));
      ++line_;
      if (is_left_out(line))
        continue;
      if (auto done = read_line(line, ended); !done)
        return done;
    }
    finish_option();
    if (!bad_lines_.empty())
      return error{{shown_, first_bad_}, "Source contains parsing errors: " + quoted(shown_) + bad_lines_};
    return {};
  }

private:
  /// An option of a section that is not wanted, told by its first bytes: most lines of a long file, to who wants few.
  bool is_left_out(std::string_view line) {
    bool starts_option = skipping_ && !line.empty() && (line[0] | 0x20) >= 'a' && (line[0] | 0x20) <= 'z';
    if (!starts_option)
      return false;
    std::size_t split = 0;
    while (split < line.size() && line[split] != '=' && line[split] != ':' && line[split] != ';' && line[split] != '#')
      ++split;
    if (split == line.size() || line[split] == ';' || line[split] == '#')
      return false;
    start_option(line.substr(0, split));
    option_ = &skipped_;
    indent_ = 0;
    return true;
  }

  result<void> read_line(std::string_view line, bool ended) {
    auto comment = comment_start(line);
    auto value = stripped(line.substr(0, comment));
    if (value.empty()) {
      if (comment == line.npos && option_)
        option_->text += '\n'; // kept only if something follows
      return {};
    }
    auto indent = indent_of(line);
    if (option_ && indent > indent_) {
      (option_->text += '\n') += value;
      return {};
    }
    indent_ = indent;
    if (auto close = value.rfind(']'); value[0] == '[' && close != value.npos && close > 1) {
      finish_option();
      last_key_ = {};
      start_section(value.substr(1, close - 1));
      return {};
    }
    auto raw = [&] {
      if (lower(std::string(value)).starts_with("password")) // lacks its `=`
        return quoted("password ...");
      if (may_be_secret(value, lower(strip(last_key_))))
        return std::string("(not shown)");
      return quoted(std::string(line) + (ended ? "\n" : ""));
    };
    if (!section_ && !skipping_)
      return error{{shown_, line_},
                   "File contains no section headers.\nfile: " + quoted(shown_) + ", line: " + std::to_string(line_) +
                     "\n" + raw()};
    auto split = value.find_first_of("=:");
    auto key = split == value.npos ? std::string() : strip(value.substr(0, split));
    if (key.empty()) {
      if (split != value.npos) // `=x` is an option, if a bad one: what follows does not continue the one before
        finish_option();
      return note_bad_line(raw());
    }
    start_option(value.substr(0, split));
    option_ = skipping_ ? &skipped_ : &set_option(lower(std::move(key)), strip(value.substr(split + 1)));
    return {};
  }

  void start_section(std::string_view name) {
    skipping_ = into_.wanted_ && name != "DEFAULT" && !into_.wanted_(name);
    section_ = skipping_ ? nullptr : &into_.make_section(std::string(name));
    if (section_ && section_->data().line == 0)
      section_->data() = {{}, file_, line_};
  }

  void start_option(std::string_view key) {
    finish_option();
    last_key_ = key;
    skipped_.text.clear();
  }

  result<void> note_bad_line(const std::string& raw) {
    char number[32];
    std::snprintf(number, sizeof number, "\n\t[line %2d]: ", line_);
    bad_lines_ += number + raw;
    if (first_bad_ == 0)
      first_bad_ = line_;
    return {};
  }

  located& set_option(const std::string& key, std::string text) {
    auto found = section_->find(key);
    auto& node = found != section_->not_found() ? found->second : section_->push_back({key, ini_tree{}})->second;
    node.data() = {std::move(text), file_, line_};
    return node.data();
  }

  /// Trailing empty lines (and blanks) of a value are not part of it.
  void finish_option() {
    if (option_ && option_->text.ends_with('\n')) {
      auto end = option_->text.find_last_not_of('\n');
      option_->text.resize(end == std::string::npos ? 0 : end + 1);
    }
    option_ = nullptr;
  }

  ini_document& into_;
  std::string shown_;
  int file_ = 0;
  int line_ = 0;
  std::size_t indent_ = 0;
  ini_tree* section_ = nullptr;
  bool skipping_ = false;     ///< in a section that is not wanted
  located* option_ = nullptr; ///< the one that continuation lines belong to
  located skipped_;           ///< stands for those of sections that are not wanted
  std::string_view last_key_; ///< as the file has it; into its text
  std::string bad_lines_;
  int first_bad_ = 0;
};

result<void> ini_document::add(std::string_view text, const std::string& shown) {
  return ini_reader{*this, shown}.read(text);
}

ini_tree& ini_document::make_section(const std::string& name) {
  if (name == "DEFAULT")
    return defaults_;
  auto [entry, is_new] = index_.try_emplace(name, nullptr);
  if (is_new)
    entry->second = &tree_.push_back({name, ini_tree{}})->second;
  return *entry->second;
}

const ini_tree* ini_document::section(const std::string& name) const {
  auto found = index_.find(name);
  return found == index_.end() ? nullptr : found->second;
}

const located* ini_document::option(const ini_tree& section, const std::string& key) const {
  if (auto found = section.find(key); found != section.not_found())
    return &found->second.data();
  if (auto found = defaults_.find(key); found != defaults_.not_found())
    return &found->second.data();
  return nullptr;
}

} // namespace troupe::config
