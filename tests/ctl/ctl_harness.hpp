// A daemon that exists only in memory, with the programs of docs/contract/supervisorctl.md's LAB fixture, and a
// terminal that records. Client tests talk to it as to the world. Must not open sockets.
// Source: docs/contract/supervisorctl.md, 14; what the daemon answers: docs/contract/http.md, 4.
#pragma once

#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/session.hpp"
#include "protocols/process_state.hpp"

#include <cerrno>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <thread>

namespace troupe::ctl::tests {

using protocols::process_state;
using protocols::rpc_fault;
using protocols::rpc_response;
using protocols::rpc_value;

struct lab_process {
  std::string group, name;
  process_state state = process_state::running;
  std::string description;
  int pid = 0;
  std::string out, err; ///< logs
  bool logs = true;
  bool autostart = true;
  int group_priority = 999, priority = 999;
  std::int64_t start_fault = 0; ///< what a start ends in
  bool alive() const { return pid != 0; }
};

inline lab_process alive_process(std::string group, std::string name, int pid) {
  return {group, name, process_state::running, "pid " + std::to_string(pid) + ", uptime 0:00:05", pid};
}

inline lab_process idle_process(std::string name, process_state state, std::string description,
                                std::int64_t start_fault = 0) {
  lab_process p{name, name, state, std::move(description)};
  p.start_fault = start_fault;
  p.autostart = state != process_state::stopped;
  return p;
}

class harness : public context {
public:
  harness() {
    using enum process_state;
    const std::string quick = "Exited too quickly (process log may have details)";
    all.push_back(idle_process("backoff", backoff, quick));
    all.push_back(alive_process("cat", "cat", 101));
    all.push_back(idle_process("failer", fatal, quick, fault_code::spawn_error));
    all.push_back(idle_process("manual", stopped, "Not started"));
    all.push_back(idle_process("missing", fatal, "can't find command '/nonexistent/cmd'", fault_code::no_file));
    all.push_back(idle_process("noexec", stopped, "Not started", fault_code::not_executable));
    all.push_back(alive_process("nolog", "nolog", 102));
    all.push_back(idle_process("oneshot", exited, "Nov 22 11:02 AM"));
    all.push_back(idle_process("quickexit", stopped, "Not started", fault_code::spawn_error));
    all.push_back(alive_process("sleeper", "sleeper", 103));
    all.push_back(idle_process("stubborn", stopped, "Not started"));
    all.push_back(alive_process("talker", "talker", 104));
    all.push_back(alive_process("trio", "a", 105));
    all.push_back(alive_process("trio", "b", 106));
    all.push_back({"trio", "c", stopped, "Not started"});
    for (int i = 0; i < 3; ++i)
      all.push_back(alive_process("worker", "worker_0" + std::to_string(i), 107 + i));
    find("cat:cat")->priority = find("cat:cat")->group_priority = 10;
    for (auto& p : all)
      if (p.group == "trio")
        p.group_priority = 5;
    find("trio:c")->autostart = false;
    find("talker:talker")->out = "out 1\nout 2\n";
    find("talker:talker")->err = "err 1\nerr 2\nerr 3\nerr 4\nerr 5\nerr 6\n";
    find("nolog:nolog")->logs = false;
  }

  // -- what a test may set -----------------------------------------------------------------------------

  std::vector<lab_process> all;
  std::string url = "unix:///lab.sock"; ///< where it listens; other URLs are refused or absent
  std::string version = "4.4.0.dev0";
  std::string api = "3.0";
  std::string main_log = "the log of the daemon\n";
  /// Answers before everything else, where it does.
  std::function<std::optional<rpc_response>(const protocols::rpc_call&)> judge;
  std::map<std::string, rpc_response> answers;               ///< method: answer
  std::map<std::string, std::string> post_instead;           ///< method: body of the answer
  std::optional<std::variant<http_answer, failure>> instead; ///< of any answer
  std::optional<std::pair<std::string, std::string>> login;  ///< wanted
  bool shutting_down = false;
  bool may_roll = false;                       ///< as it says of itself
  rpc_value::array added, changed, removed;    ///< what reloadConfig finds
  std::set<std::string> inactive;              ///< groups that could be added
  std::deque<std::string> typed;               ///< on stdin
  std::map<std::string, std::string> streamed; ///< path: what it streams
  follow_end streams_end = follow_end::closed;
  std::optional<failure> stream_failure;
  int stream_status = 404; ///< of a path that streams nothing
  std::function<void()> each_pause;
  terminal_facts facts;                                ///< of the terminal, where there is one
  std::map<std::string, std::vector<std::string>> fed; ///< path: pieces of its stream, which then ends; others: 404
  std::map<std::string, std::string> late;             ///< path: a piece that comes once all is quiet
  bool streams_last = false;                           ///< they do not end; when all has come somebody presses Ctrl-C

  // -- what a test may look at -------------------------------------------------------------------------

  std::string stdout_text, stderr_text;
  std::vector<std::string> calls; ///< methods
  std::vector<std::string> became;
  variables became_with;

  lab_process* find(std::string_view name) {
    auto form = split_name(name);
    for (auto& p : all)
      if (p.group == form.group && form.process && p.name == *form.process)
        return &p;
    return nullptr;
  }

  bool on_a_terminal = false;

  // -- the world ---------------------------------------------------------------------------------------

  terminal_facts terminal() override { return facts; }

  class fed_streams : public stream_set {
  public:
    explicit fed_streams(harness& of) : of_(of) {}
    std::size_t open(const std::string& path) override {
      auto number = opened_++;
      of_.opened.push_back(path);
      paths_[number] = path;
      auto found = of_.fed.find(path);
      if (found == of_.fed.end()) {
        pieces_.push_back({.which = number, .status = 404, .over = true});
        return number;
      }
      pieces_.push_back({.which = number, .status = 200});
      for (const auto& bytes : found->second)
        pieces_.push_back({.which = number, .status = 200, .bytes = bytes});
      if (!of_.streams_last || path == "/api/v1/status")
        pieces_.push_back({.which = number, .status = 200, .over = true});
      return number;
    }
    void close(std::size_t which) override {
      std::erase_if(pieces_, [&](auto& piece) { return piece.which == which; });
    }
    std::optional<stream_piece> next(std::chrono::milliseconds) override {
      if (pieces_.empty() && ++idle_ == 300) // longer than a log needs to be quiet
        for (auto& [number, path] : paths_)
          if (auto found = of_.late.find(path); found != of_.late.end())
            pieces_.push_back({.which = number, .status = 200, .bytes = found->second});
      if (pieces_.empty() && idle_ > 600)
        throw interrupted();
      if (pieces_.empty())
        return std::this_thread::sleep_for(std::chrono::milliseconds(1)), std::nullopt;
      auto first = pieces_.front();
      pieces_.pop_front();
      return first;
    }

  private:
    harness& of_;
    std::size_t opened_ = 0;
    int idle_ = 0;
    std::map<std::size_t, std::string> paths_;
    std::deque<stream_piece> pieces_;
  };
  std::unique_ptr<stream_set> open_streams(const server&) override { return std::make_unique<fed_streams>(*this); }
  std::vector<std::string> opened; ///< paths of streams

  void out(std::string_view text) override { stdout_text += text; }
  void err(std::string_view text) override { stderr_text += text; }
  void hang_up() override {}

  std::variant<http_answer, failure> post(const server& to, const std::string& body, const on_arrival& look) override {
    auto got = answer_to(to, body);
    if (auto answer = std::get_if<http_answer>(&got); answer && look && answer->status == 200)
      look(std::string_view(answer->body).substr(0, answer->body.size() / 2));
    return got;
  }

  std::variant<http_answer, failure> answer_to(const server& to, const std::string& body) {
    if (instead)
      return *instead;
    if (to.url.starts_with("unix://") && to.url != url)
      return failure{"FileNotFoundError", "[Errno 2] No such file or directory", ENOENT};
    if (to.url.starts_with("http://") && to.url != url)
      return failure{"ConnectionRefusedError", "[Errno 111] Connection refused", ECONNREFUSED};
    if (to.url != url)
      return failure{"ValueError", "Unknown protocol for serverurl " + to.url};
    if (login && (to.token || !to.username || !to.password || std::pair(*to.username, *to.password) != *login))
      return http_answer{401, "Unauthorized", ""};
    auto call = protocols::parse_call(body).value();
    calls.push_back(call.method);
    http_answer answer{200, "OK", post_instead[call.method]};
    answer.may_roll = may_roll && call.method == "supervisor.getVersion";
    if (!answer.body.empty())
      return answer;
    auto response = respond(call);
    if (auto fault = std::get_if<rpc_fault>(&response))
      protocols::append_fault(answer.body, fault->code, fault->text);
    else
      protocols::append_response(answer.body, std::get<rpc_value>(response));
    return answer;
  }

  follow_end follow(const server&, const follow_request& request) override {
    for (std::size_t i = 0; i < request.paths.size(); ++i) {
      auto stream = streamed.find(request.paths[i]);
      if (stream_failure)
        request.on_failure(i, *stream_failure);
      else if (stream == streamed.end())
        request.on_status(i, stream_status);
      else
        stdout_text += stream->second;
    }
    while (request.on_line && !typed.empty()) {
      auto line = typed.front() + "\n";
      typed.pop_front();
      if (!request.on_line(line))
        return follow_end::stopped;
    }
    return streams_end;
  }

  std::optional<std::string> read_command(const std::string& prompt) override { return ask(prompt, true); }
  std::optional<std::string> ask(const std::string& prompt, bool echo) override {
    stdout_text += prompt;
    if (typed.empty())
      return std::nullopt;
    auto line = typed.front();
    typed.pop_front();
    if (line == "^C")
      throw interrupted();
    if (!echo)
      stdout_text += "\n";
    return line;
  }

  std::optional<secret_line> read_secret(const std::string& prompt) override {
    if (on_a_terminal)
      stderr_text += prompt;
    if (typed.empty())
      return std::nullopt;
    secret_line line{typed.front(), on_a_terminal};
    typed.pop_front();
    return line;
  }

  void pause(std::chrono::milliseconds time) override {
    clock += time;
    if (each_pause)
      each_pause();
  }
  std::chrono::steady_clock::time_point now() override { return clock; }
  void become(const std::string& program, const std::vector<std::string>& arguments, const variables& env) override {
    became = arguments;
    became_with = env;
    became.insert(became.begin(), program);
  }

private:
  static rpc_fault fault(std::int64_t code, const std::string& text) { return {code, text}; }
  static rpc_fault bad_name(const std::string& name) { return fault(fault_code::bad_name, "BAD_NAME: " + name); }

  static rpc_value info(const lab_process& p) {
    return rpc_value::structure{{"name", p.name},
                                {"group", p.group},
                                {"state", static_cast<int>(p.state)},
                                {"statename", protocols::to_string(p.state)},
                                {"description", p.description},
                                {"pid", p.pid}};
  }

  std::int64_t start(lab_process& p) {
    if (p.start_fault == fault_code::no_file || p.start_fault == fault_code::not_executable)
      return p.start_fault;
    if (p.state == process_state::stopping)
      return fault_code::abnormal_termination;
    if (is_running(p.state))
      return fault_code::already_started;
    if (p.start_fault)
      return p.start_fault;
    p.state = process_state::running;
    p.pid = 200;
    return 0;
  }
  static std::int64_t stop(lab_process& p) {
    if (!is_running(p.state))
      return fault_code::not_running;
    p.state = process_state::stopped;
    p.pid = 0;
    return 0;
  }
  static std::int64_t signal(lab_process& p, const std::string& name) {
    static const std::set<std::string> good = {"CONT", "cont", "SIGCONT", "18", "0", "HUP"};
    if (!good.contains(name))
      return fault_code::bad_signal;
    return is_signallable(p.state) ? 0 : std::int64_t{fault_code::not_running};
  }

  static rpc_response one(std::int64_t code, const std::string& name) {
    return code ? rpc_response(fault(code, "FAULT: " + name)) : rpc_response(rpc_value(true));
  }

  template <class Filter, class Operation>
  rpc_response many(const std::optional<std::string>& group, Filter filter, Operation operation) {
    rpc_value::array results;
    bool known = !group;
    for (auto& p : all) {
      known = known || p.group == *group;
      if ((group && p.group != *group) || !filter(p))
        continue;
      auto code = operation(p);
      results.push_back(rpc_value::structure{{"name", p.name},
                                             {"group", p.group},
                                             {"status", code ? code : std::int64_t{fault_code::success}},
                                             {"description", code ? "FAULT" : "OK"}});
    }
    return known ? rpc_response(rpc_value(results)) : rpc_response(bad_name(*group));
  }

  rpc_response log_of(const std::string& name, std::int64_t offset, bool err_channel) {
    auto p = find(name);
    if (!p)
      return bad_name(name);
    if (!p->logs)
      return fault(fault_code::no_file, "NO_FILE");
    const auto& text = err_channel ? p->err : p->out;
    auto size = static_cast<std::int64_t>(text.size());
    auto from = offset < 0 ? std::max<std::int64_t>(0, size + offset) : std::min(offset, size);
    return rpc_value(text.substr(static_cast<std::size_t>(from)));
  }

  rpc_response respond(const protocols::rpc_call& call) {
    if (judge)
      if (auto answer = judge(call))
        return *answer;
    if (auto answer = answers.find(call.method); answer != answers.end())
      return answer->second;
    if (call.method.starts_with("access.")) // there is none
      return fault(fault_code::unknown_method, "UNKNOWN_METHOD");
    auto text = [&](std::size_t i) { return *call.params.at(i).string(); };
    auto number = [&](std::size_t i) { return *call.params.at(i).integer(); };
    auto method = call.method.substr(call.method.find('.') + 1);
    if (shutting_down)
      return fault(fault_code::shutdown_state, "SHUTDOWN_STATE");
    auto stopped = [](auto& p) { return !is_running(p.state); };
    auto started = [](auto& p) { return is_running(p.state); };
    auto signallable = [](auto& p) { return is_signallable(p.state); };
    auto start_one = [this](auto& p) { return start(p); };
    auto send = [&](auto& p) { return signal(p, *call.params.back().string()); };

    if (method == "getVersion")
      return rpc_value(api);
    if (method == "getSupervisorVersion")
      return rpc_value(version);
    if (method == "getPID")
      return rpc_value(42);
    if (method == "getAllProcessInfo") {
      rpc_value::array infos;
      for (const auto& p : all)
        infos.push_back(info(p));
      return rpc_value(infos);
    }
    if (method == "startAllProcesses")
      return many(std::nullopt, stopped, start_one);
    if (method == "startProcessGroup")
      return many(text(0), stopped, start_one);
    if (method == "stopAllProcesses")
      return many(std::nullopt, started, stop);
    if (method == "stopProcessGroup")
      return many(text(0), started, stop);
    if (method == "signalAllProcesses")
      return many(std::nullopt, signallable, send);
    if (method == "signalProcessGroup")
      return many(text(0), signallable, send);
    if (method == "clearAllProcessLogs")
      return many(
        std::nullopt, [](auto&) { return true; }, [](auto&) { return std::int64_t{0}; });
    if (method == "readProcessStdoutLog" || method == "readProcessStderrLog")
      return log_of(text(0), number(1), method == "readProcessStderrLog");
    if (method == "readLog")
      return rpc_value(
        main_log.substr(main_log.size() - std::min(main_log.size(), static_cast<std::size_t>(-number(0)))));
    if (method == "reloadConfig")
      return rpc_value(rpc_value::array{rpc_value::array{added, changed, removed}});
    if (method == "getAllConfigInfo") {
      rpc_value::array programs;
      for (const auto& p : all)
        programs.push_back(rpc_value::structure{{"name", p.name},
                                                {"group", p.group},
                                                {"inuse", !inactive.contains(p.group)},
                                                {"autostart", p.autostart},
                                                {"group_prio", p.group_priority},
                                                {"process_prio", p.priority}});
      return rpc_value(programs);
    }
    if (method == "addProcessGroup")
      return !inactive.contains(text(0)) && find(text(0) + ":" + text(0))
               ? rpc_response(fault(fault_code::already_added, "ALREADY_ADDED: " + text(0)))
             : inactive.erase(text(0)) ? rpc_response(rpc_value(true))
                                       : rpc_response(bad_name(text(0)));
    if (method == "removeProcessGroup") {
      bool known = false, alive = false;
      for (const auto& p : all)
        if (p.group == text(0))
          known = true, alive = alive || p.alive() || p.state == process_state::stopping;
      if (alive)
        return fault(fault_code::still_running, "STILL_RUNNING: " + text(0));
      inactive.insert(text(0));
      return known ? rpc_response(rpc_value(true)) : rpc_response(bad_name(text(0)));
    }
    if (method == "restart" || method == "shutdown")
      return rpc_value(true);
    auto p = find(text(0));
    if (!p)
      return bad_name(text(0));
    if (method == "getProcessInfo")
      return info(*p);
    if (method == "startProcess")
      return one(start(*p), text(0));
    if (method == "stopProcess")
      return one(stop(*p), text(0));
    if (method == "signalProcess")
      return one(signal(*p, text(1)), text(0));
    if (method == "clearProcessLogs" || method == "sendProcessStdin")
      return rpc_value(true);
    return fault(fault_code::unknown_method, "UNKNOWN_METHOD");
  }

  std::chrono::steady_clock::time_point clock{};
};

inline std::string help_of(std::string_view name) { return std::string(find_action(name)->help) + "\n"; }

} // namespace troupe::ctl::tests
