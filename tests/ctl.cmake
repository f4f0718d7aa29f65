# The XML-RPC codec and supervisorctl.
troupe_test(xmlrpc_test unit troupe_protocols)
# GCC 12 at -O3 sees overflows in std::string of Boost.Test's own headers.
target_compile_options(xmlrpc_test PRIVATE -Wno-stringop-overflow -Wno-array-bounds)
