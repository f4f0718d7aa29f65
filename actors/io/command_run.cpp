// See command_run.hpp.
#include "actors/io/command_run.hpp"

#include <boost/asio/post.hpp>

#include <cstddef>
#include <exception>
#include <utility>

namespace troupe::actors {

namespace {

/// Bytes of lines that a disk holds up. Beyond that the command waits for room in its pipe, as its program would.
constexpr std::size_t most_unwritten = std::size_t{256} << 10;

} // namespace

running_command::running_command(std::shared_ptr<command_run> run) : run_(std::move(run)) {}

running_command::~running_command() { run_->drop(); }

command_run::command_run(command_means_ptr means, command_order order, command_told told)
    : means_(std::move(means)), order_(std::make_shared<const command_order>(std::move(order))), told_(std::move(told)),
      lines_(order_->name) {}

void command_run::start() {
  boost::asio::post(means_->io, [self = shared_from_this()] {
    if (!self->told_)
      return;
    try {
      self->begin();
    } catch (...) {
      if (!self->told_)
        throw; // whoever was told has thrown it
      self->conclude(false, failure_text(std::current_exception()));
    }
  });
}

void command_run::begin() {
  log_ = means_->make_log(order_->who);
  helper_listener listener;
  listener.output = [this](std::string_view bytes) { say(lines_.feed(bytes)); };
  listener.may_read = [this] { return may_read(); };
  listener.over = [this](bool ok, std::string text) { conclude(ok, std::move(text)); };
  auto plan = [order = order_, make_plan = means_->make_plan] { return make_plan(*order); };
  child_ = std::make_shared<helper_process>(
    means_->io, means_->door, means_->helpers,
    helper_order{std::move(plan), order_->who->options->uid, helper_process::most_read}, std::move(listener));
  child_->start();
}

bool command_run::may_read() const { return log_->waiting() <= most_unwritten; }

void command_run::say(const std::string& lines) noexcept {
  if (lines.empty())
    return;
  try {
    log_->say(lines);
  } catch (const std::exception&) { // they are lost; the command is not
  }
}

void command_run::conclude(bool ok, std::string text) {
  auto self = shared_from_this(); // whoever is told may drop us
  auto told = std::exchange(told_, nullptr);
  if (!told)
    return;
  say_rest();
  told({ok, std::move(text)});
}

void command_run::say_rest() noexcept {
  try {
    say(lines_.finish());
  } catch (const std::exception&) { // as above
  }
}

void command_run::drop() noexcept {
  if (!std::exchange(told_, nullptr) || !child_)
    return;
  try {
    child_->read_rest(); // what it was at tells why it took so long
  } catch (const std::exception&) {
  }
  say_rest();
  child_->drop();
}

} // namespace troupe::actors
