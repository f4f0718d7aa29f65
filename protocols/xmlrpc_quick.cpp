// See xmlrpc_quick.hpp.
#include "protocols/xmlrpc_quick.hpp"

#include "protocols/xmlrpc_scalar.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace troupe::protocols {

namespace {

/// What the strict reader takes as it is: ASCII that XML allows, but CR, which would have to become LF.
bool is_simple(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= ' ' && c <= '~') || c == '\t' || c == '\n'; });
}

} // namespace

/// Every function answers false where the text is not what it knows; nothing is taken back then.
class quick_reader {
public:
  quick_reader(std::string_view text, int depth, bool strict) : text_(text), depth_(depth), strict_(strict) {}

  bool call(rpc_call& out) {
    if (!prolog() || !tag("<methodCall>") || !tag("<methodName>") || !content(out.method, "</methodName>"))
      return false;
    if (tag("<params>"))
      while (!tag("</params>"))
        if (!tag("<param>") || !tag("<value>") || !value(out.params.emplace_back()) || !tag("</param>"))
          return false;
    return !out.method.empty() && tag("</methodCall>") && ended();
  }

  bool result(rpc_value& out) { return result_starts() && value(out) && result_ends(); }

  // -- a result that is an array, piece by piece -----------------------------------------------------------

  void see(std::string_view longer) { text_ = longer; }
  /// Up to its first item.
  bool array_starts() { return depth_ >= 0 && result_starts() && tag("<array>") && tag("<data>"); }
  /// An item and what was read before: its strings and members are used again.
  bool item(rpc_value& out) { return tag("<value>") && value(out); }
  bool array_ends() { return tag("</data>") && tag("</array>") && tag("</value>") && result_ends(); }

  std::size_t at() const { return at_; }
  void go_to(std::size_t at) { at_ = at; }

private:
  bool result_starts() {
    return prolog() && tag("<methodResponse>") && tag("<params>") && tag("<param>") && tag("<value>");
  }
  bool result_ends() { return tag("</param>") && tag("</params>") && tag("</methodResponse>") && ended(); }

  bool prolog() {
    if (!strict_)
      skip_blanks();
    if (!text_.substr(at_).starts_with("<?xml "))
      return true;
    auto end = text_.find("?>", at_);
    if (end == text_.npos || (strict_ && !is_simple(text_.substr(at_, end - at_))))
      return false;
    at_ = end + 2;
    return true;
  }

  bool ended() {
    skip_blanks();
    return at_ == text_.size();
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }

  bool take(std::string_view bytes) {
    if (!text_.substr(at_).starts_with(bytes))
      return false;
    at_ += bytes.size();
    return true;
  }

  /// Of a length the compiler knows: a compare of two or three words.
  template <std::size_t N>
  bool take(const char (&bytes)[N]) {
    if (text_.size() - at_ < N - 1 || std::memcmp(text_.data() + at_, bytes, N - 1) != 0)
      return false;
    at_ += N - 1;
    return true;
  }

  template <std::size_t N>
  bool tag(const char (&whole)[N]) {
    skip_blanks();
    return take(whole);
  }

  bool end_tag(std::string_view name) { return take("</") && take(name) && take(">"); }

  /// The text up to the next tag, references resolved; valid until the next call.
  bool text(std::string_view& out) {
    auto end = text_.find('<', at_);
    if (end == text_.npos)
      return false;
    out = text_.substr(at_, end - at_);
    at_ = end;
    return (!strict_ || is_simple(out)) && (out.find('&') == out.npos || resolve(out));
  }

  bool resolve(std::string_view& out) {
    static constexpr std::array<std::pair<std::string_view, char>, 3> known{
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}}};
    resolved_.clear();
    while (!out.empty()) {
      auto plain = std::min(out.find('&'), out.size());
      resolved_ += out.substr(0, plain);
      out.remove_prefix(plain);
      auto found = std::find_if(known.begin(), known.end(), [&](auto& k) { return out.starts_with(k.first); });
      if (found == known.end() && !out.empty())
        return false;
      if (!out.empty()) {
        resolved_ += found->second;
        out.remove_prefix(found->first.size());
      }
    }
    out = resolved_;
    return true;
  }

  template <std::size_t N>
  bool content(std::string& out, const char (&end_tag)[N]) {
    std::string_view found;
    if (!text(found))
      return false;
    out = found;
    return take(end_tag);
  }

  /// Behind <value>, up to and with its end tag.
  bool value(rpc_value& out) {
    auto start = at_;
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != '<' || take("</value>")) { // nothing but text, blanks included
      at_ = start;
      return content(as<std::string>(out), "</value>");
    }
    if (take("<string>"))
      return content(as<std::string>(out), "</string>") && tag("</value>");
    auto end = text_.find('>', at_);
    if (end == text_.npos)
      return false;
    auto type = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return typed(type, out) && tag("</value>");
  }

  bool typed(std::string_view type, rpc_value& out) {
    if (type == "struct")
      return nested([&] { return structure(as<rpc_value::structure>(out)); });
    if (type == "array")
      return nested([&] { return array(as<rpc_value::array>(out)); });
    static constexpr std::string_view scalars[] = {"int",    "boolean",          "i4",    "i8",
                                                   "double", "dateTime.iso8601", "base64"};
    std::string_view found;
    return std::find(std::begin(scalars), std::end(scalars), type) != std::end(scalars) && text(found) &&
           decode_scalar(type, found, strict_, out) && end_tag(type);
  }

  /// With what it holds, if it is of that type: whoever reads into it writes over it.
  template <class T>
  static T& as(rpc_value& value) {
    auto* held = std::get_if<T>(&value.is);
    return held ? *held : value.is.emplace<T>();
  }

  template <class T>
  static T& nth(std::vector<T>& all, std::size_t n) {
    return n < all.size() ? all[n] : all.emplace_back();
  }

  template <class F>
  bool nested(F decode) {
    if (depth_ == 0)
      return false;
    --depth_;
    bool done = decode();
    ++depth_;
    return done;
  }

  bool array(rpc_value::array& out) {
    if (!tag("<data>"))
      return false;
    std::size_t count = 0;
    while (tag("<value>"))
      if (!value(nth(out, count++)))
        return false;
    out.resize(count);
    return tag("</data>") && tag("</array>");
  }

  bool structure(rpc_value::structure& out) {
    std::size_t count = 0;
    while (tag("<member>")) {
      if (out.empty() && !strict_) // what a client sends must not cost more than it is
        out.reserve(members_);     // those of an array are alike
      auto& [key, item] = nth(out, count++);
      if (!tag("<name>") || !content(key, "</name>") || !tag("<value>") || !value(item) || !tag("</member>"))
        return false;
    }
    out.resize(count);
    members_ = count;
    return tag("</struct>");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_;
  bool strict_;
  std::size_t members_ = 0; ///< of the last struct
  std::string resolved_;
};

std::optional<rpc_call> quick_call(std::string_view text, int depth) {
  std::optional<rpc_call> call{std::in_place};
  return quick_reader(text, depth, true).call(*call) ? std::move(call) : std::nullopt;
}

std::optional<rpc_value> quick_result(std::string_view text, int depth) {
  std::optional<rpc_value> value{std::in_place};
  bool has_nul = text.find('\0') != text.npos; // would have to be replaced
  return !has_nul && quick_reader(text, depth, false).result(*value) ? std::move(value) : std::nullopt;
}

// -- items -------------------------------------------------------------------------------------------

quick_items::quick_items(int depth, on_item tell)
    : reader_(std::make_unique<quick_reader>(std::string_view(), depth - 1, false)), tell_(std::move(tell)) {}

quick_items::~quick_items() = default;

void quick_items::look(std::string_view so_far) {
  has_nul_ = has_nul_ || so_far.find('\0', seen_) != so_far.npos;
  seen_ = so_far.size();
  if (!has_nul_ && so_far.size() >= worth_a_look_)
    read_on(so_far);
}

void quick_items::read_on(std::string_view so_far) {
  reader_->see(so_far);
  reader_->go_to(done_);
  begun_ = begun_ || reader_->array_starts();
  if (begun_)
    for (done_ = reader_->at(); reader_->item(item_); done_ = reader_->at())
      tell_(count_++, item_);
  reader_->go_to(done_);
  worth_a_look_ = done_ + 2 * (so_far.size() - done_); // an item of any length is tried a few times, not at each read
}

std::optional<std::size_t> quick_items::all(std::string_view whole) {
  worth_a_look_ = 0;
  look(whole);
  return !has_nul_ && begun_ && reader_->array_ends() ? std::optional(count_) : std::nullopt;
}

} // namespace troupe::protocols
