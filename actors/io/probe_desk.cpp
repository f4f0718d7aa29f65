// See probe_desk.hpp.
#include "actors/io/probe_desk.hpp"

#include "actors/io/exec_probe.hpp"
#include "actors/io/http_probe.hpp"
#include "actors/io/tcp_probe.hpp"
#include "actors/io/unix_probe.hpp"

#include <stdexcept>
#include <utility>

namespace troupe::actors {

namespace {

probe_means_ptr means_of(boost::asio::io_context& io, work_crew& crew, helper_doors doors, plan_maker make_plan,
                         output_sink say) {
  auto door = std::make_shared<loop_door>(io);
  return std::make_shared<const probe_means>(probe_means{io, door, std::make_shared<slow_looks>(io, door, crew),
                                                         std::move(doors), std::move(make_plan), std::move(say)});
}

std::shared_ptr<probe_run> make_run(const probe_means_ptr& means, const probe_order& order, probe_told told) {
  using kind = config::check_form::kind;
  switch (order.form.what) {
  case kind::tcp:
    return std::make_shared<tcp_probe>(means, order, std::move(told));
  case kind::unix_socket:
    return std::make_shared<unix_probe>(means, order, std::move(told));
  case kind::http:
    return std::make_shared<http_probe>(means, order, std::move(told));
  case kind::exec:
    return std::make_shared<exec_probe>(means, order, std::move(told));
  default:
    throw std::invalid_argument("no probe: " + order.form.shown);
  }
}

} // namespace

probe_desk::probe_desk(boost::asio::io_context& io, work_crew& crew, helper_doors doors, plan_maker make_plan,
                       output_sink say)
    : means_(means_of(io, crew, std::move(doors), std::move(make_plan), std::move(say))) {}

probe_desk::~probe_desk() {
  means_->looks->close();
  means_->door->close();
}

std::unique_ptr<probe> probe_desk::begin(const probe_order& order, probe_told told) {
  auto run = make_run(means_, order, std::move(told));
  auto handle = std::make_unique<probe>(run);
  run->start();
  return handle;
}

} // namespace troupe::actors
