// See libedit_editor.hpp.
#include "apps/ctl/libedit_editor.hpp"

#include "apps/ctl/names.hpp"

#include <clocale>
#include <cstdio>

#include <histedit.h>
#include <unistd.h>

namespace troupe::ctl {

namespace {

class libedit_editor : public line_editor {
public:
  explicit libedit_editor(complete_function complete) : complete_(std::move(complete)) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    history(history_, &event_, H_SETSIZE, 100000);
    el_set(edit_, EL_CLIENTDATA, this);
    el_set(edit_, EL_PROMPT, &prompt_of);
    el_set(edit_, EL_EDITOR, "emacs");
    el_set(edit_, EL_HIST, history, history_);
    el_set(edit_, EL_GETCFN, &get_character);
    el_set(edit_, EL_ADDFN, "complete", "complete the word", &complete_word);
    el_set(edit_, EL_BIND, "^I", "complete", nullptr);
    el_set(edit_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  }
  ~libedit_editor() override {
    el_end(edit_);
    history_end(history_);
  }
  libedit_editor(const libedit_editor&) = delete;
  libedit_editor& operator=(const libedit_editor&) = delete;

  std::optional<std::string> read(const std::string& prompt) override {
    prompt_ = prompt;
    interrupted_ = false;
    el_resize(edit_);
    el_set(edit_, EL_PREP_TERM, 1); // before the prompt is seen: a Ctrl-D that comes sooner would be lost
    int count = 0;
    auto text = el_gets(edit_, &count);
    if (interrupted_) {
      el_reset(edit_);
      throw interrupted();
    }
    if (!text || count <= 0)
      return std::nullopt;
    std::string line(text, static_cast<std::size_t>(count));
    while (line.ends_with('\n') || line.ends_with('\r'))
      line.pop_back();
    return line;
  }

  void remember(const std::string& line) override { history(history_, &event_, H_ENTER, line.c_str()); }

private:
  static libedit_editor& of(EditLine* e) {
    void* self = nullptr;
    el_get(e, EL_CLIENTDATA, &self);
    return *static_cast<libedit_editor*>(self);
  }

  static char* prompt_of(EditLine* e) { return of(e).prompt_.data(); }

  /// One character of UTF-8; nothing may be thrown through libedit.
  static int get_character(EditLine* e, wchar_t* character) {
    unsigned char bytes[4];
    int more = 0;
    for (int have = 0; have <= more; ++have) {
      pollfd ready{0, POLLIN, 0};
      try {
        wait({&ready, 1});
      } catch (const interrupted&) {
        of(e).interrupted_ = true;
        return -1;
      }
      if (auto got = ::read(0, bytes + have, 1); got <= 0)
        return static_cast<int>(got);
      if (!have)
        more = bytes[0] >= 0xf0 ? 3 : bytes[0] >= 0xe0 ? 2 : bytes[0] >= 0xc0 ? 1 : 0;
    }
    unsigned long code = more ? bytes[0] & (0x3fu >> more) : bytes[0];
    for (int i = 1; i <= more; ++i)
      code = code << 6 | (bytes[i] & 0x3f);
    *character = static_cast<wchar_t>(code);
    return 1;
  }

  static unsigned char complete_word(EditLine* e, int) {
    auto& self = of(e);
    auto line = el_line(e);
    std::string_view before(line->buffer, static_cast<std::size_t>(line->cursor - line->buffer));
    auto words = self.complete_(before);
    if (words.empty())
      return CC_REFRESH_BEEP;
    auto typed = before.size() - std::min(before.size(), before.find_last_of(" \t") + 1);
    auto common = words.front();
    for (const auto& word : words)
      while (!word.starts_with(common))
        common.pop_back();
    auto more = common.substr(std::min(typed, common.size())) + (words.size() == 1 ? " " : "");
    if (!more.empty())
      return el_insertstr(e, more.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    self.list(words);
    return CC_REDISPLAY;
  }

  void list(const std::vector<std::string>& words) {
    std::size_t width = 0;
    for (const auto& word : words)
      width = std::max(width, code_points(word) + 2);
    auto columns = std::max<std::size_t>(1, 80 / width);
    std::string text = "\n";
    for (std::size_t i = 0; i < words.size(); ++i)
      text += i + 1 == words.size() || (i + 1) % columns == 0 ? words[i] + "\n" : padded(words[i], width);
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

  complete_function complete_;
  EditLine* edit_ = el_init("supervisorctl", stdin, stdout, stderr);
  History* history_ = history_init();
  HistEvent event_{};
  std::string prompt_;
  bool interrupted_ = false;
};

} // namespace

std::unique_ptr<line_editor> make_libedit_editor(complete_function complete) {
  return std::make_unique<libedit_editor>(std::move(complete));
}

} // namespace troupe::ctl
