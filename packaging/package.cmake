# SPDX-License-Identifier: GPL-3.0-or-later
# The Debian package: cmake --preset deb && cmake --build build/deb --target package
#
# It holds what is ours and depends on GNU Radio. Python packages that Debian lacks come by deepjscec-setup, which the user
# runs: an installation by dpkg must work without a network.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME gr-deepjscec)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
if(NOT CPACK_PACKAGE_CONTACT) # whoever distributes the package: -DCPACK_PACKAGE_CONTACT="Name <address>"
    set(CPACK_PACKAGE_CONTACT "The gr-deepjscec authors <gr-deepjscec@localhost>")
endif()
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "encrypted pictures over radio by deep joint source-channel coding")
set(CPACK_PACKAGE_DESCRIPTION
    "GNU Radio blocks, a Python library and trained models that send
pictures as learned analog codewords, encrypted at the physical layer:
Bob's picture degrades gracefully with the channel, and an
eavesdropper learns nothing.
.
After installation, deepjscec-setup brings the Python packages that
the distribution does not have.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PACKAGE_SECTION hamradio)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "gnuradio (>= 3.10), gnuradio (<< 3.11), python3 (>= 3.11), python3-venv")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gir1.2-gtk-3.0, python3-pyqt5.qtsvg")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/prerm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)

find_program(GZIP gzip REQUIRED)
function(install_compressed source name folder)
    execute_process(COMMAND ${GZIP} -9nc ${source} OUTPUT_FILE ${PROJECT_BINARY_DIR}/${name}.gz COMMAND_ERROR_IS_FATAL ANY)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    install(FILES ${PROJECT_BINARY_DIR}/${name}.gz DESTINATION ${GR_DATA_DIR}/${folder})
endfunction()

file(GLOB manuals CONFIGURE_DEPENDS docs/man/*.1)
foreach(manual IN LISTS manuals)
    get_filename_component(name ${manual} NAME)
    install_compressed(${manual} ${name} man/man1)
endforeach()

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH where that is set
file(WRITE ${PROJECT_BINARY_DIR}/changelog
     "gr-deepjscec (${PROJECT_VERSION}) unstable; urgency=medium\n\n  * See CHANGELOG.md in this folder.\n\n -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
install_compressed(${PROJECT_BINARY_DIR}/changelog changelog doc/gr-deepjscec)
