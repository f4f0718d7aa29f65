// See web_feed.hpp.
#include "actors/web/web_feed.hpp"

#include "actors/io/program_facts.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

constexpr auto push_interval = std::chrono::milliseconds{50};
constexpr auto ping_interval = std::chrono::seconds{15}; // a page that hears nothing for longer says so
constexpr auto whole_keeps = std::chrono::seconds{1};    // it says what time it is
constexpr std::size_t most_pieces = 64;                  // a reader further behind gets the whole status

const std::vector<std::string>& texts_of(const std::unordered_map<std::uint64_t, std::vector<std::string>>& all,
                                         std::uint64_t process) {
  static const std::vector<std::string> none;
  auto found = all.find(process);
  return found == all.end() ? none : found->second;
}

} // namespace

web_feed::web_feed(boost::asio::io_context& io, std::shared_ptr<const board_view> view, const daemon_identity& who,
                   std::function<program_graph_ptr()> programs)
    : io_(io), view_(std::move(view)), who_(who), programs_(std::move(programs)),
      usage_(io, view_->board(), [this](const auto& processes) { write_usage(processes); }), push_timer_(io),
      ping_timer_(io) {}

web_feed::~web_feed() { view_->board().tell_once(this, nullptr); }

/// The processes that whoever has this view may follow.
std::vector<process_status_ptr> web_feed::followed() const {
  auto all = view_->all();
  if (!view_->whole())
    std::erase_if(all, [this](auto& process) {
      return view_->may(config::right::events, *process->who) != protocols::verdict::allow;
    });
  return all;
}

web_feed::unmet_texts web_feed::unmet_now(const std::vector<process_status_ptr>& of) const {
  unmet_texts unmet;
  auto programs = programs_ ? programs_() : nullptr;
  if (!programs)
    return unmet;
  auto known = facts_by(*programs, view_->board());
  auto sees = [&](std::size_t node) {
    auto status = view_->whole() ? nullptr : view_->board().find(programs->nodes[node].process);
    return view_->whole() || (status && view_->sees(*status->who));
  };
  for (const auto& process : of)
    if (auto node = programs->node_of(process->who->id))
      for (const auto& item : programs->graph.items_of(*node)) // of what is hidden nothing is told
        if (std::all_of(item.members.begin(), item.members.end(), sees) && look_at(item, known) != verdict_on_item::met)
          unmet[process->who->id].push_back(item.shown);
  return unmet;
}

// -- readers -------------------------------------------------------------------------------------

web_feed::reader::reader(web_feed& of, std::function<void()> wake) : of_(of), wake_(std::move(wake)) {
  of_.readers_.insert(this);
  if (of_.readers_.size() == 1)
    of_.start();
}

web_feed::reader::~reader() {
  of_.readers_.erase(this);
  if (of_.readers_.empty())
    of_.stop();
}

web_feed::piece web_feed::reader::next() {
  if (!greeted_ || seen_ < of_.first_) {
    greeted_ = true;
    seen_ = of_.published();
    return of_.whole();
  }
  return seen_ < of_.published() ? of_.pieces_[seen_++ - of_.first_] : nullptr;
}

// -- changes -------------------------------------------------------------------------------------

void web_feed::start() {
  listen();
  shown_.clear();
  auto all = followed();
  for (const auto& process : all)
    shown_[process->who->id] = process;
  shown_unmet_ = unmet_now(all);
  shown_state_ = view_->daemon();
  whole_ = nullptr;
  usage_.start();
  ping();
}

void web_feed::stop() {
  view_->board().tell_once(this, nullptr);
  usage_.stop();
  push_timer_.cancel();
  ping_timer_.cancel();
  push_due_ = false;
  first_ = published();
  pieces_.clear();
  shown_.clear();
  shown_unmet_.clear();
  whole_ = nullptr;
}

/// Before the board is read: what changes meanwhile is told again.
void web_feed::listen() {
  std::weak_ptr<int> alive = alive_;
  auto here = [this, alive] {
    if (!alive.expired())
      note_change();
  };
  view_->board().tell_once(this, [io = &io_, here] { boost::asio::post(*io, here); }); // perhaps after the feed's end
}

void web_feed::note_change() {
  if (readers_.empty() || std::exchange(push_due_, true))
    return;
  auto due = last_push_ + push_interval;
  if (std::chrono::steady_clock::now() >= due)
    return push();
  push_timer_.expires_at(due);
  push_timer_.async_wait([this, alive = std::weak_ptr<int>(alive_)](const boost::system::error_code& failed) {
    if (!failed && !alive.expired() && push_due_)
      push();
  });
}

void web_feed::push() {
  push_due_ = false;
  listen();
  auto now = followed();
  auto unmet = unmet_now(now);
  auto programs = programs_ ? programs_() : nullptr;
  auto state_now = view_->daemon();
  bool changed = std::exchange(shown_state_, state_now) != state_now;
  std::string data;
  protocols::json_writer out{data};
  begin(out);
  out.name("changed");
  out.begin_array();
  std::unordered_map<std::uint64_t, process_status_ptr> shown;
  shown.reserve(now.size());
  for (const auto& process : now) {
    auto known = shown_.find(process->who->id);
    auto id = process->who->id;
    if (known == shown_.end() || known->second != process || texts_of(shown_unmet_, id) != texts_of(unmet, id)) {
      write_row(out, *view_, *process, usage_.find(id), programs.get());
      changed = true;
    }
    shown[process->who->id] = process;
  }
  out.end_array();
  out.name("removed");
  out.begin_array();
  for (const auto& [id, process] : shown_)
    if (!shown.contains(id)) {
      out.value(view_->shown_id(*process->who));
      changed = true;
    }
  out.end_array();
  out.end_object();
  shown_ = std::move(shown);
  shown_unmet_ = std::move(unmet);
  if (!changed) // of what is seen here
    return;
  last_push_ = std::chrono::steady_clock::now();
  publish(std::move(data), "change");
}

void web_feed::begin(protocols::json_writer& out) const {
  out.begin_object();
  out.member("now", now_in_seconds());
  out.name("daemon");
  write_daemon(out, who_, shown_state_, *view_);
}

void web_feed::publish(std::string data, std::string_view event) {
  auto text = std::make_shared<std::string>("event: ");
  ((*text += event) += "\ndata: ") += data;
  *text += "\n\n";
  pieces_.push_back(std::move(text));
  if (pieces_.size() > most_pieces) {
    pieces_.pop_front();
    ++first_;
  }
  for (auto* r : readers_)
    r->wake_();
}

/// Once for all who come before the next change.
web_feed::piece web_feed::whole() {
  auto now = std::chrono::steady_clock::now();
  if (whole_ && whole_at_ == published() && now - whole_made_ < whole_keeps)
    return whole_;
  std::string data;
  protocols::json_writer out{data};
  begin(out);
  std::vector<process_status_ptr> processes;
  for (const auto& [id, process] : shown_)
    processes.push_back(process);
  std::sort(processes.begin(), processes.end(), [](auto& a, auto& b) {
    return std::tie(a->who->group, a->who->options->name) < std::tie(b->who->group, b->who->options->name);
  });
  out.name("processes");
  out.begin_array();
  auto programs = programs_ ? programs_() : nullptr;
  for (const auto& process : processes)
    write_row(out, *view_, *process, usage_.find(process->who->id), programs.get());
  out.end_array();
  out.end_object();
  auto text = std::make_shared<std::string>("retry: 1000\nevent: status\ndata: ");
  *text += data;
  *text += "\n\n";
  whole_ = std::move(text);
  whole_at_ = published();
  whole_made_ = now;
  return whole_;
}

void web_feed::write_usage(const std::vector<std::uint64_t>& processes) {
  std::string data;
  protocols::json_writer out{data};
  out.begin_array();
  bool any = false;
  for (auto id : processes) {
    auto shown = shown_.find(id);
    if (shown == shown_.end() && view_->judges())
      continue;
    any = true;
    const auto* usage = usage_.find(id);
    out.begin_object();
    out.member("id", shown == shown_.end() ? id : view_->shown_id(*shown->second->who));
    if (usage) {
      out.member("cpu", usage->cpu_percent);
      out.member("memory", usage->resident_bytes);
      out.member("processes", usage->processes);
    }
    out.end_object();
  }
  out.end_array();
  if (any)
    publish(std::move(data), "usage");
}

void web_feed::ping() {
  ping_timer_.expires_after(ping_interval);
  ping_timer_.async_wait([this, alive = std::weak_ptr<int>(alive_)](const boost::system::error_code& failed) {
    if (failed || alive.expired() || readers_.empty())
      return;
    ping();
    publish(std::to_string(now_in_seconds()), "ping");
  });
}

} // namespace troupe::actors
