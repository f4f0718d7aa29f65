# What `cmake --install` puts where, beside the programs (apps/CMakeLists.txt), and the target `uninstall`. Folders are
# GNUInstallDirs', DESTDIR and --component work. Nothing here is built or fetched. The whole list: packaging/files.txt.
install(DIRECTORY include/troupe DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)

install(FILES README.md CHANGELOG.md LICENSE SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT doc)
file(GLOB pages CONFIGURE_DEPENDS docs/*.md)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT doc)
install(DIRECTORY docs/images docs/reference DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT doc)

file(GLOB pages CONFIGURE_DEPENDS docs/man/*.1)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT man)
install(FILES docs/man/supervisord.conf.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 COMPONENT man)
install(FILES packaging/completions/supervisorctl.bash RENAME supervisorctl
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT completions)

# Modes are ours, not those that the umask of whoever cloned has left.
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT examples
  PATTERN "__pycache__" EXCLUDE PATTERN "*.py" EXCLUDE PATTERN "*.sh" EXCLUDE)
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT examples
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE
  FILES_MATCHING PATTERN "*.py" PATTERN "*.sh" PATTERN "__pycache__" EXCLUDE)

add_custom_target(uninstall
  COMMAND ${CMAKE_COMMAND} -DMANIFEST=${CMAKE_BINARY_DIR}/install_manifest.txt -P ${CMAKE_SOURCE_DIR}/cmake/uninstall.cmake)
