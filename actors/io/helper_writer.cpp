// See helper_writer.hpp.
#include "actors/io/helper_writer.hpp"

#include "config/text.hpp"
#include "platform/log_path.hpp"
#include "platform/main_log.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <utility>

namespace troupe::actors::pipes {

using config::log_level;

void helper_writer::write(const std::string& lines) {
  if (!into_channel(lines) && !into_file(lines))
    into_main_log(lines);
}

/// False: its child is gone, or has closed that.
bool helper_writer::into_channel(const std::string& lines) {
  auto c = means_.child();
  if (!c)
    return false;
  std::shared_ptr<platform::shared_log> full;
  {
    std::lock_guard lock{c->mutex};
    auto& ch = c->channels[both() ? 0 : 1];
    if (!ch || !ch->output.say(lines))
      return false;
    if (ch->output.stalled())
      full = ch->output.file();
  }
  if (full)
    means_.wait_for_room(full);
  return true;
}

bool helper_writer::into_file(const std::string& lines) {
  child_channel channel;
  if (int error = means_.open(*means_.who, channel)) {
    auto why = error == ELOOP || error == EMLINK ? platform::refusal_of(path()) : std::string();
    tell_once("could not open " + log_name() + ": " + (why.empty() ? config::errno_name(error) : why));
    return false;
  }
  if (!channel.file)
    return false;
  std::string formed;
  if (channel.lines)
    channel.lines->feed(lines, std::chrono::system_clock::now(), formed);
  auto trouble = channel.lines ? channel.file->append_lines(formed) : channel.file->append(lines);
  if (trouble.what != platform::log_trouble::kind::none && !std::exchange(told_, true))
    tell(means_.log, log_name(), trouble);
  if (channel.file->stalled())
    means_.wait_for_room(channel.file);
  return true;
}

void helper_writer::into_main_log(const std::string& lines) {
  auto name = config::quoted(means_.who->options->name) + ' ';
  for (std::size_t begin = 0; begin < lines.size();) {
    auto end = std::min(lines.find('\n', begin), lines.size());
    means_.log.write(log_level::info, name + lines.substr(begin, end - begin));
    begin = end + 1;
  }
}

void helper_writer::tell_once(const std::string& text) {
  if (!std::exchange(told_, true))
    means_.log.write(log_level::warn, text);
}

const config::shared_text& helper_writer::path() const {
  return both() ? means_.who->stdout_path : means_.who->stderr_path;
}

std::string helper_writer::log_name() const {
  return std::string(both() ? "stdout" : "stderr") + " log " + config::quoted(path()) + " of " +
         means_.who->options->name;
}

std::shared_ptr<helper_log> make_helper_log(helper_writer::means means, relay& loop, std::weak_ptr<void> owner) {
  auto aside = [&loop, owner = std::move(owner)](std::function<void()> job) {
    if (auto alive = owner.lock())
      (void)loop.start_aside(std::move(job));
  };
  auto writer = std::make_shared<helper_writer>(std::move(means));
  return std::make_shared<helper_log>(std::move(aside), [writer](const std::string& lines) { writer->write(lines); });
}

} // namespace troupe::actors::pipes
