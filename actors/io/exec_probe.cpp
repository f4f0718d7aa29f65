// See exec_probe.hpp.
#include "actors/io/exec_probe.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <string_view>
#include <utility>

namespace troupe::actors {

namespace {

constexpr std::size_t most_output = 4096; // that is kept

} // namespace

exec_probe::exec_probe(probe_means_ptr means, probe_order order, probe_told told)
    : probe_run(std::move(means), std::move(order), std::move(told)) {}

void exec_probe::look() {
  helper_listener listener;
  listener.output = from_elsewhere([this](std::string_view bytes) {
    output_.append(bytes.substr(0, std::min(bytes.size(), most_output - output_.size())));
  });
  listener.over = from_elsewhere([this](bool ok, std::string& text) { answer({ok, std::move(text)}); });
  auto plan = [order = order_, make_plan = means_->make_plan] { return make_plan(order); };
  child_ =
    std::make_shared<helper_process>(means_->io, means_->door, means_->helpers,
                                     helper_order{std::move(plan), order_.who->options->uid}, std::move(listener));
  child_->start();
}

void exec_probe::conclude(const probe_result& result) {
  if (result.ok || output_.empty())
    return;
  try {
    means_->say(order_.who, lines_with_name(output_, order_.name));
  } catch (const std::exception&) { // what it has said is lost, its answer is not
  }
}

void exec_probe::let_go() noexcept {
  if (child_)
    child_->drop();
}

} // namespace troupe::actors
