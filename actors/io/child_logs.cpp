// See child_logs.hpp.
#include "actors/io/child_logs.hpp"

#include <boost/asio/post.hpp>

#include "config/text.hpp"
#include "platform/log_path.hpp"
#include "platform/main_log.hpp"

#include <cstddef>
#include <optional>

namespace troupe::actors::pipes {

namespace {

/// None: no such log is open.
std::optional<int> clear_open(child& c, std::size_t i, const look_again& look) {
  std::lock_guard lock{c.mutex};
  auto& ch = c.channels[i];
  if (!ch || !ch->output.file())
    return {};
  int error = ch->output.clear();
  if (ch->output.stalled())
    look(ch->output.file());
  return error;
}

} // namespace

int clear_logs(const child_ptr& c, const std::array<std::string, 2>& paths, const look_again& look) {
  int worst = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    auto error = c ? clear_open(*c, i, look) : std::nullopt;
    if (!error && !paths[i].empty())
      error = platform::truncate_log(paths[i]);
    worst = worst != 0 ? worst : error.value_or(0);
  }
  return worst;
}

void tell_unwatched(platform::main_log& log, const child& c, std::size_t channel, int error) {
  if (error != 0)
    log.write(config::log_level::error, "could not watch " + std::string(c.channels[channel]->output.channel()) +
                                          " of " + c.who->options->name + ": " + config::errno_name(error));
}

void tell_closed(platform::main_log& log, const child& c, std::size_t channel) {
  const auto& ch = *c.channels[channel];
  if (log.wants(config::log_level::debug))
    log.write(config::log_level::debug, "fd " + std::to_string(ch.pipe.get()) + " closed, stopped monitoring " +
                                          ch.output.channel() + " of " + c.who->options->name);
}

bool reopened_logs::first(const std::shared_ptr<platform::shared_log>& file) {
  std::lock_guard lock{mutex_};
  return logs_.insert(file).second;
}

void reopened_logs::reopen(child& c, const look_again& look) {
  std::lock_guard lock{c.mutex};
  for (auto& ch : c.channels)
    if (ch && ch->output.file() && first(ch->output.file())) {
      ch->output.reopen();
      if (ch->output.stalled())
        look(ch->output.file());
    }
}

namespace {

void redress(child& c, const process_identity_ptr& now, const channel_opener& open, platform::main_log& log) {
  for (std::size_t i = 0; i < c.channels.size(); ++i) {
    bool is_stderr = i == 1;
    child_channel opened;
    if (int error = open(*now, is_stderr, c.pid, opened)) {
      const auto& path = is_stderr ? now->stderr_path : now->stdout_path;
      log.write(config::log_level::error, std::string("could not open ") + (is_stderr ? "stderr" : "stdout") + " log " +
                                            config::quoted(path.view()) + " of " + now->options->name + ": " +
                                            config::errno_name(error));
      continue;
    }
    std::lock_guard lock{c.mutex}; // whoever pumps finds one or the other
    if (!c.channels[i])
      continue;
    c.channels[i]->output.go_on_as(*now, std::move(opened.file), std::move(opened.lines));
    c.channels[i]->shown_as = std::make_unique<const process_identity_ptr>(now);
  }
}

} // namespace

void redress(const child_ptr& c, process_identity_ptr now, channel_opener open, const log_room& in) {
  boost::asio::post(in.io, [c, now = std::move(now), open = std::move(open), &log = in.log, &loop = in.loop] {
    {
      relay::aside aside{loop};
      redress(*c, now, open, log);
    }
    loop.leave_if_relieved();
  });
}

void reopen_logs(const std::vector<child_ptr>& children, boost::asio::io_context& io, relay& loop,
                 const look_again& look) {
  auto done = std::make_shared<reopened_logs>();
  for (const auto& c : children)
    boost::asio::post(io, [&loop, c, done, look] {
      {
        relay::aside aside{loop};
        done->reopen(*c, look);
      }
      loop.leave_if_relieved();
    });
}

} // namespace troupe::actors::pipes
