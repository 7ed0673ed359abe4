# SPDX-License-Identifier: GPL-3.0-or-later
# Commands, their manual pages, and what deepjscec-setup installs. (pip makes commands of its own, see pyproject.toml.)
set(commands deepjscec deepjscec-flowgraph deepjscec-companion)
foreach(command IN LISTS commands)
    install(PROGRAMS packaging/command.sh DESTINATION bin RENAME ${command})
endforeach()

configure_file(packaging/deepjscec-setup.in ${PROJECT_BINARY_DIR}/deepjscec-setup @ONLY)
install(PROGRAMS ${PROJECT_BINARY_DIR}/deepjscec-setup DESTINATION bin)
install(FILES requirements/run.txt DESTINATION ${GR_DATA_DIR}/deepjscec RENAME requirements.txt)

if(NOT DEEPJSCEC_DEBIAN) # whose policy wants them compressed
    file(GLOB manuals CONFIGURE_DEPENDS docs/man/*.1)
    install(FILES ${manuals} DESTINATION ${GR_DATA_DIR}/man/man1)
endif()
install(FILES packaging/copyright README.md CHANGELOG.md DESTINATION ${GR_DATA_DIR}/doc/gr-deepjscec)
