# The web UI: its codecs and checks, its pages, the real daemon's answers, and a real browser.
troupe_test(html_test unit troupe_protocols)
troupe_test(json_test unit troupe_protocols)
troupe_test(site_check_test unit troupe_protocols)
troupe_test(metrics_test unit troupe_protocols)
troupe_test(web_pages_test unit troupe_io)
troupe_test(web_feed_test unit troupe_io)

# A real browser: needs `scripts/bootstrap web`.
add_test(NAME web_ui_test COMMAND node --test --test-reporter=spec ${CMAKE_SOURCE_DIR}/tests/web/ui.test.mjs)
set_tests_properties(web_ui_test PROPERTIES LABELS "browser" TIMEOUT 600 ENVIRONMENT
  "TROUPE_BIN=${CMAKE_BINARY_DIR}/bin;TROUPE_PATIENCE=60")
