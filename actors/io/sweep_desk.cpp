// See sweep_desk.hpp.
#include "actors/io/sweep_desk.hpp"

#include "actors/io/sweep_run.hpp"

#include <utility>

namespace troupe::actors {

struct sweep_desk::impl {
  std::shared_ptr<sweep_looks> looks;
};

sweep::sweep(std::shared_ptr<sweep_run> run) : run_(std::move(run)) {}

sweep::~sweep() { run_->drop(); }

void sweep::signal(int signo) { run_->signal(signo); }

sweep_desk::sweep_desk(boost::asio::io_context& io, work_crew& crew)
    : impl_(std::make_shared<impl>(impl{std::make_shared<sweep_looks>(io, crew)})) {}

sweep_desk::~sweep_desk() { impl_->looks->close(); }

std::unique_ptr<sweep> sweep_desk::begin(const sweep_order& order, sweep_told told) {
  return std::make_unique<sweep>(std::make_shared<sweep_run>(impl_->looks, order, std::move(told)));
}

} // namespace troupe::actors
