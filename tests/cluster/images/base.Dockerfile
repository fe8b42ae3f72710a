# Stands in for python:3.11-slim-bookworm where no registry can be reached; `rootfs` is made by debootstrap.
FROM scratch
COPY rootfs/ /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
CMD ["python3"]
