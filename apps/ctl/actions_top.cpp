// top: the processes on the whole terminal, as the daemon's events tell of them. Carries out what the table
// (top_board.hpp) wishes. Must not decide what a key means or how a row looks. Source: docs/contract/packaging.md, 6.4.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/log_lines.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/progress.hpp"
#include "apps/ctl/shown_text.hpp"
#include "apps/ctl/status.hpp"
#include "apps/ctl/text_pane.hpp"
#include "apps/ctl/top_board.hpp"

#include <chrono>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace troupe::ctl {

namespace {

using protocols::rpc_fault;
using protocols::rpc_value;
using kind = top_wish::kind;
using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

constexpr int ok_status = 200;
constexpr milliseconds between_keys{40}, between_pictures{250}, between_looks{1000}, answer_stays{5000};
constexpr std::chrono::seconds patience{3};      ///< with an answer: nobody looks at a screen that stands still
constexpr std::int64_t history_bytes = 64 << 10; ///< of a log

class top_screen {
public:
  explicit top_screen(session& s)
      : s_(s), reader_([this](auto name, auto data) { changed_ = feed_.take(name, data) || changed_; }) {}

  /// False: there is no terminal for it.
  bool run(const std::string& version) {
    version_ = version;
    streams_ = s_.outside().open_streams(s_.chosen().daemon); // Ctrl-C ends us, not the program
    screen_ = s_.outside().open_screen(s_.has_color());
    if (!screen_)
      return false;
    connect();
    while (!over_ && !screen_->is_over()) {
      if (auto piece = streams_->next(between_keys))
        take(*piece);
      else
        look_at_time();
      while (auto pressed = over_ ? std::nullopt : screen_->pressed())
        press(*pressed);
      show();
    }
    return true;
  }

private:
  void connect() {
    reader_ = event_reader([this](auto name, auto data) { changed_ = feed_.take(name, data) || changed_; });
    events_ = streams_->open(std::string(events_path));
  }

  void take(const stream_piece& piece) {
    if (auto log = logs_.find(piece.which); log != logs_.end())
      return take_log(log->second, piece);
    if (events_ != piece.which)
      return;
    if (piece.status == ok_status) {
      is_ours_ = true;
      auto before = feed_.now();
      reader_.feed(piece.bytes);
      if (feed_.now() != before) // not each event tells the time
        heard_ = clock::now();
      note(is_known() ? std::string() : "connecting");
    }
    if (!piece.over)
      return;
    events_.reset();
    if (piece.status != 0 && piece.status != ok_status)
      is_polled_ = true;
    else
      note("no connection; trying again");
  }
  bool is_known() const { return feed_.has_status() || is_polled_; }

  void note(std::string trouble) {
    changed_ = changed_ || trouble != trouble_;
    trouble_ = std::move(trouble);
  }

  /// What goes on although nothing is told.
  void look_at_time() {
    auto now = clock::now();
    if (now >= next_sample_) {
      next_sample_ = now + std::chrono::seconds{top_board::step_seconds};
      board_.sample();
    }
    if (said_until_ && now >= *said_until_) {
      said_until_.reset();
      board_.say({});
      changed_ = true;
    }
    if (now < next_look_)
      return;
    next_look_ = now + between_looks;
    changed_ = true; // uptimes
    if (is_polled_)
      poll();
    else if (!events_)
      connect();
    restart_stopped();
  }

  /// A daemon that has no events.
  void poll() {
    quickly([&] {
      polled_ = all_processes(s_);
      note("");
    });
  }

  /// Whatever is wrong is said in the last line.
  template <class Work>
  void quickly(Work work) {
    s_.outside().limit_waits(s_.outside().now() + patience);
    try {
      work();
    } catch (const trouble& why) {
      is_polled_ ? note(why.text) : say(why.text);
    } catch (const overdue&) {
      say("the daemon does not answer");
    }
    s_.outside().limit_waits(std::nullopt);
  }

  void say(std::string text) {
    board_.say(std::move(text));
    said_until_ = clock::now() + answer_stays;
    changed_ = true;
  }

  // -- keys ----------------------------------------------------------------------------------------

  void press(char32_t pressed) {
    changed_ = soon_ = true;
    if (pressed == key::resized)
      return;
    if (pane_) {
      if (!pane_->press(pressed))
        close_pane();
      return;
    }
    said_until_.reset();
    carry_out(board_.press(pressed));
  }

  void carry_out(const top_wish& wish) {
    switch (wish.is) {
    case kind::nothing:
      return;
    case kind::quit:
      over_ = true;
      return;
    case kind::details:
      return show_details(wish.names.front());
    case kind::log:
      return follow_log(wish.names.front());
    case kind::start:
      return for_each(wish, "supervisor.startProcess", false, "is started");
    case kind::stop:
      return for_each(wish, "supervisor.stopProcess", false, "is stopped");
    case kind::signal:
      return for_each(wish, "supervisor.signalProcess", wish.signal, "is signalled");
    case kind::restart:
      to_start_.insert(wish.names.begin(), wish.names.end());
      for_each(wish, "supervisor.stopProcess", false, "is restarted");
      return restart_stopped();
    }
  }

  void for_each(const top_wish& wish, std::string_view method, const rpc_value& extra, const std::string& done) {
    std::string text;
    std::size_t failed = 0;
    for (const auto& name : wish.names)
      quickly([&] {
        auto answer = s_.call(method, {name, extra});
        const auto* fault = std::get_if<rpc_fault>(&answer);
        bool stands = fault && wish.is == kind::restart && fault->code == fault_code::not_running;
        if (fault && !stands) {
          ++failed;
          to_start_.erase(name);
          text = shown(name) + ": ERROR (" + fault->text + ")";
        } else if (text.empty()) {
          text = shown(name) + " " + done;
        }
      });
    if (wish.names.size() > 1 && !text.empty())
      text = std::to_string(wish.names.size() - failed) + " of " + std::to_string(wish.names.size()) + " done; " + text;
    if (!text.empty())
      say(text);
  }

  static std::string shown(const std::string& full) {
    auto name = split_name(full);
    return shown_name(name.group, name.process.value_or("*"));
  }

  /// The second half of restarts: the screen does not wait for the first.
  void restart_stopped() {
    if (to_start_.empty())
      return;
    for (const auto& row : rows())
      if (protocols::is_stopped(row.state) && to_start_.erase(key_of(row)) > 0)
        quickly([&] {
          auto answer = s_.call("supervisor.startProcess", {key_of(row), false});
          if (const auto* fault = std::get_if<rpc_fault>(&answer))
            say(row.shown() + ": ERROR (" + fault->text + ")");
        });
  }

  // -- what is read ----------------------------------------------------------------------------------

  struct open_log {
    line_splitter lines;
    bool is_stderr = false;
  };

  void follow_log(const std::string& name) {
    pane_.emplace("log of " + displayable(shown(name)) + "  (! stderr)");
    for (bool is_stderr : {false, true}) {
      log_source source{.name = shown(name), .full = name, .is_stderr = is_stderr};
      auto number = streams_->open(is_ours_ ? path_of(source, history_bytes, true) : old_path_of(source));
      logs_.emplace(number, open_log{.lines = {}, .is_stderr = is_stderr});
    }
  }

  void take_log(open_log& log, const stream_piece& piece) {
    if (piece.status == ok_status)
      for (const auto& part : log.lines.feed(piece.bytes))
        add(log, part);
    if (piece.over) {
      if (auto rest = log.lines.rest())
        add(log, *rest);
      logs_.erase(piece.which);
    }
    changed_ = true;
  }
  void add(const open_log& log, const log_piece& piece) {
    if (pane_)
      pane_->add((log.is_stderr ? "! " : "") + piece.text);
  }

  void close_pane() {
    pane_.reset();
    for (const auto& [number, log] : std::exchange(logs_, {}))
      streams_->close(number);
  }

  void show_details(const std::string& name) {
    pane_.emplace(displayable(shown(name)));
    quickly([&] {
      auto all = s_.demand("supervisor.getAllConfigInfo");
      for (const auto& one : all.items() ? *all.items() : rpc_value::array())
        if (text_of(one, "group") + ":" + text_of(one, "name") == name)
          for (const char* member : {"command", "directory", "uid"})
            if (auto text = text_of(one, member); !text.empty())
              pane_->add(padded(member, 11) + text);
    });
    quickly([&] {
      auto why = s_.call("troupe.why", {name});
      if (const auto* text = std::get_if<rpc_value>(&why); text && text->string())
        add_lines(*text->string());
    });
    quickly([&] {
      constexpr std::int64_t bytes = 4096;
      auto log = s_.call("supervisor.readProcessStderrLog", {name, -bytes, 0});
      const auto* text = std::get_if<rpc_value>(&log);
      if (!text || !text->string() || text->string()->empty())
        return;
      pane_->add("");
      pane_->add("last lines of stderr");
      constexpr std::size_t most = 10;
      last_lines last(most);
      line_splitter lines;
      for (auto& piece : lines.feed(*text->string()))
        last.add(std::move(piece));
      if (auto rest = lines.rest())
        last.add(*std::move(rest));
      for (const auto& piece : last.take())
        pane_->add("  " + piece.text);
    });
  }

  void add_lines(const std::string& text) {
    line_splitter lines;
    for (const auto& piece : lines.feed(text))
      pane_->add(piece.text);
    if (auto rest = lines.rest())
      pane_->add(rest->text);
  }

  static std::string text_of(const rpc_value& of, std::string_view member) {
    const auto* found = of.member(member);
    return found && found->string()    ? *found->string()
           : found && found->integer() ? std::to_string(*found->integer())
                                       : std::string();
  }

  // -- pictures --------------------------------------------------------------------------------------

  std::vector<process_row> rows() const { return is_polled_ ? polled_ : feed_.rows(); }

  void show() {
    auto now = clock::now();
    if (!changed_ || (!soon_ && now - shown_ < between_pictures))
      return;
    changed_ = soon_ = false;
    shown_ = now;
    if (pane_)
      return screen_->draw(pane_->draw(screen_->columns(), screen_->lines()));
    auto passed = std::chrono::duration<double>(now - heard_).count();
    auto at = is_polled_ ? static_cast<double>(std::time(nullptr)) : feed_.now() + passed;
    board_.take({rows(), is_polled_ ? facts_book() : feed_.facts(), at, version_, trouble_});
    screen_->draw(board_.draw({screen_->columns(), screen_->lines(), terminal_is_utf8()}));
  }

  session& s_;
  std::unique_ptr<stream_set> streams_;
  std::unique_ptr<screen> screen_;
  std::optional<std::size_t> events_;
  process_feed feed_;
  event_reader reader_;
  std::vector<process_row> polled_;
  bool is_ours_ = false;
  bool is_polled_ = false; ///< it has no events, or not for us
  top_board board_;
  std::optional<text_pane> pane_;
  std::map<std::size_t, open_log> logs_; ///< by the number of their stream
  std::set<std::string> to_start_;
  std::string version_, trouble_ = "connecting";
  bool over_ = false;
  bool changed_ = true;
  bool soon_ = true; ///< somebody has pressed a key
  clock::time_point heard_{}, shown_{}, next_look_{}, next_sample_{};
  std::optional<clock::time_point> said_until_;
};

} // namespace

void do_top(session& s, const std::string& arguments) {
  auto given = split_words(arguments);
  bool once = take_flag(given, "--once");
  if (!given.empty())
    return usage_error(s, "top", "top accepts no arguments but --once", exit_status::invalid_arguments);
  auto facts = s.outside().terminal();
  if (!once && !(facts.in && facts.out)) {
    s.complain("top needs a terminal; try supervisorctl status --watch");
    return s.fail(exit_status::generic);
  }
  if (!s.check_daemon())
    return;
  auto version = s.demand("supervisor.getSupervisorVersion");
  auto text = version.string() ? *version.string() : std::string();
  if (once)
    return print_top(s, text);
  try {
    if (top_screen(s).run(text))
      return;
    s.complain("top needs a description of TERM=" + facts.term + "; try supervisorctl status --watch");
    s.fail(exit_status::generic);
  } catch (const interrupted&) {
    s.fail(exit_status::success);
  }
}

} // namespace troupe::ctl
